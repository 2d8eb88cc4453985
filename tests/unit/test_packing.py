"""How many trials share a GPU: what decides it, what bounds it, what halves it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.errors import UserError
from hpsearch.engine import DeviceMemory, Ended
from hpsearch.experiment import Resources
from hpsearch.workers.capacity import MOST_PACKED, Capacity, Node
from hpsearch.workers.packing import HEADROOM, NOT_MEASURED, Packing

TOTAL = 80_000_000_000

peaks = st.integers(min_value=0, max_value=2 * TOTAL)
memories = st.none() | st.builds(DeviceMemory, peaks, st.just(TOTAL))
limits = st.integers(min_value=1, max_value=16)
cores = st.integers(min_value=1, max_value=200)
gpus = st.integers(min_value=0, max_value=8)


def took(peak: int) -> Ended:
    return Ended(0, "returned", memory=DeviceMemory(peak, TOTAL))


def out_of_memory(reason: str = "torch.OutOfMemoryError: CUDA out of memory. Tried …") -> Ended:
    return Ended(0, "raised", reason, device_fault=True)


def decided(packed: int) -> Packing:
    packing = Packing(16, 1)
    packing.note(took(int(TOTAL * (1 - HEADROOM) / packed)), 1, alone=False)
    assert packing.packed == packed
    return packing


def test_one_trial_has_a_gpu_until_the_first_ones_have_ended() -> None:
    packing = Packing(8, 3)
    assert not packing.note(took(10_000_000_000), 1, alone=False)
    assert not packing.note(took(20_000_000_000), 1, alone=False)
    assert packing.packed == 1
    told = packing.note(took(5_000_000_000), 1, alone=False)
    assert told == "3 trials per GPU from now on: the first took up to 20.0 of 80.0 GB"
    assert packing.packed == 3


def test_a_trial_that_was_stopped_counts_and_one_that_failed_does_not() -> None:
    memory = DeviceMemory(30_000_000_000, TOTAL)
    packing = Packing(8, 1)
    packing.note(Ended(0, "raised", "ValueError", memory=memory), 1, alone=False)
    packing.note(Ended(0, "crashed", "killed"), 1, alone=False)
    assert packing.packed == 1
    packing.note(Ended(0, "stopped", memory=memory), 1, alone=False)
    assert packing.packed == 2


def test_what_the_first_trials_decided_later_ones_do_not_change() -> None:
    packing = decided(4)
    assert not packing.note(took(1), 4, alone=False)
    assert not packing.note(took(TOTAL), 4, alone=False)
    assert packing.packed == 4


def test_where_nothing_is_measured_it_stays_at_one_and_says_so_once() -> None:
    packing = Packing(8, 2)
    told = [packing.note(Ended(0, "returned"), 1, alone=False) for _ in range(6)]
    assert told == ["", NOT_MEASURED, "", "", "", ""]
    assert packing.packed == 1


def test_an_out_of_memory_halves_for_good() -> None:
    packing = decided(7)
    told = packing.note(out_of_memory(), 7, alone=False)
    assert told == "3 trials per GPU from now on: a trial ran out of GPU memory"
    packing.note(took(1), 3, alone=False)
    assert packing.packed == 3
    packing.note(out_of_memory(), 3, alone=False)
    packing.note(out_of_memory(), 1, alone=False)
    assert packing.packed == 1


def test_neighbours_that_run_out_together_halve_once() -> None:
    packing = decided(8)
    for _ in range(3):
        packing.note(out_of_memory(), 8, alone=False)
    assert packing.packed == 4


def test_a_trial_that_ran_out_though_it_was_alone_is_not_for_the_packing_to_solve() -> None:
    packing = decided(8)
    assert not packing.note(out_of_memory(), 8, alone=True)
    assert packing.packed == 8


def test_a_trial_that_runs_out_with_a_whole_gpu_keeps_it_at_one() -> None:
    packing = Packing(8, 2)
    assert packing.note(out_of_memory(), 1, alone=True).startswith("1 trial per GPU")
    packing.note(took(1), 1, alone=False)
    packing.note(took(1), 1, alone=False)
    assert packing.packed == 1


@pytest.mark.parametrize(
    ("reason", "halves"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB", True),
        ("RuntimeError: CUDA error: out of memory", True),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate", True),
        ("RuntimeError: CUDA error: device-side assert triggered", False),
        ("RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", False),
    ],
)
def test_of_a_devices_faults_only_those_of_memory_halve(reason: str, halves: bool) -> None:
    packing = decided(4)
    packing.note(out_of_memory(reason), 4, alone=False)
    assert packing.packed == (2 if halves else 4)


def test_a_number_of_gpus_never_packs_and_says_nothing() -> None:
    packing = Packing(1, 2)
    events = [took(1), took(1), Ended(0, "returned"), out_of_memory()]
    assert [packing.note(event, 1, alone=False) for event in events] == [""] * 4
    assert packing.packed == 1


@given(first=st.lists(memories, min_size=1), most=limits)
def test_whatever_was_measured_the_packed_fit_with_headroom(
    first: list[DeviceMemory | None], most: int
) -> None:
    packing = Packing(most, len(first))
    for memory in first:
        packing.note(Ended(0, "returned", memory=memory), 1, alone=False)
    assert 1 <= packing.packed <= most
    if packing.packed > 1:
        largest = max(memory.peak_bytes for memory in first if memory is not None)
        assert packing.packed * largest <= TOTAL * (1 - HEADROOM)


@given(
    most=limits,
    trials=st.integers(min_value=1, max_value=4),
    events=st.lists(st.tuples(memories, st.booleans(), st.booleans())),
)
def test_after_an_out_of_memory_it_never_grows(
    most: int, trials: int, events: list[tuple[DeviceMemory | None, bool, bool]]
) -> None:
    packing = Packing(most, trials)
    ceiling = most
    for memory, runs_out, alone in events:
        before = packing.packed
        event = out_of_memory() if runs_out else Ended(0, "returned", memory=memory)
        packing.note(event, before, alone=alone)
        assert 1 <= packing.packed <= ceiling
        if runs_out and not alone:
            assert packing.packed == max(1, before // 2)
        if runs_out:
            ceiling = packing.packed


# What fits on the machines:


def capacity(*nodes: tuple[float, float], most: int = 1000, cpus: float = 1.0) -> Capacity:
    found = [{"CPU": float(cpu), "GPU": float(gpu)} for cpu, gpu in nodes]
    return Capacity.of(found, Resources(cpus_per_trial=cpus, gpus_per_trial="auto"), most)


@pytest.mark.parametrize(
    ("machines", "packed"),
    [
        (capacity((64, 2)), MOST_PACKED),
        (capacity((8, 2)), 4),
        (capacity((3, 2)), 2),  # the third core's trial makes one GPU's two
        (capacity((8, 2), cpus=2), 2),
        (capacity((2, 2)), 1),
        (capacity((64, 2), most=6), 3),
        (capacity((64, 2), most=2), 1),
        (capacity((64, 0)), 1),
        (capacity((4, 0), (4, 1)), 4),
    ],
)
def test_no_more_are_packed_than_cores_and_limits_let_run(machines: Capacity, packed: int) -> None:
    assert machines.most_packed() == packed


def test_auto_is_no_gpu_where_there_is_none() -> None:
    assert capacity((4, 0)).gpus == 0 and capacity((4, 0)).slots(1) == 4
    assert capacity((4, 2)).gpus == 1 and capacity((4, 2)).slots(1) == 2


def test_parallel_trials_bound_the_slots_however_many_share_a_gpu() -> None:
    resources = Resources(gpus_per_trial="auto", parallel_trials=3)
    machines = Capacity.of([{"CPU": 64.0, "GPU": 2.0}], resources, 1000)
    assert [machines.slots(packed) for packed in (1, 2, 8)] == [2, 3, 3]


MIXED: list[Node] = [{"CPU": 16.0}, {"CPU": 4.0, "GPU": 1.0}, {"CPU": 64.0, "GPU": 8.0}]


@pytest.mark.parametrize(
    ("ask", "slots"),
    [
        ({"gpus_per_trial": 0}, 84),
        ({"gpus_per_trial": 0, "cpus_per_trial": 5}, 15),
        ({"gpus_per_trial": 0.5}, 18),
        ({"gpus_per_trial": 0.5, "cpus_per_trial": 4}, 17),
        ({"gpus_per_trial": 1}, 9),
        ({"gpus_per_trial": 2}, 4),
        ({"gpus_per_trial": None}, 9),
        ({"gpus_per_trial": "auto"}, 9),
        ({"gpus_per_trial": 16}, 0),
        ({"gpus_per_trial": 1, "parallel_trials": 6}, 6),
    ],
)
def test_on_machines_that_differ_each_has_the_slots_that_fit_on_it(
    ask: dict[str, float | str | None], slots: int
) -> None:
    machines = Capacity.of(MIXED, Resources.model_validate(ask), 1000)
    assert machines.slots(1) == slots
    assert machines.fits == (slots > 0)


def test_what_shares_a_gpu_fits_on_each_of_the_machines_that_differ() -> None:
    machines = Capacity.of(MIXED, Resources(gpus_per_trial="auto"), 1000)
    assert machines.most_packed() == 8
    assert [machines.slots(packed) for packed in (4, 8)] == [4 + 32, 4 + 64]


def test_what_a_trial_needs_stays_when_the_machines_change() -> None:
    machines = Capacity.of(MIXED, Resources(), 1000)
    assert machines.gpus == 1
    assert not machines.on([{"CPU": 16.0}]).fits
    assert machines.on([*MIXED, {"CPU": 8.0, "GPU": 4.0}]).slots(1) == 13
    assert not machines.on([]).fits


def test_more_than_a_machine_has_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        Capacity.of([{"CPU": 2.0}], Resources(cpus_per_trial=4, gpus_per_trial=1), 1).check()
    assert [fault.code for fault in refused.value.faults] == ["no-cpu", "no-gpu"]


@given(
    nodes=st.lists(st.tuples(cores, gpus), min_size=1, max_size=4),
    cpus=st.sampled_from([0.5, 1.0, 2.0]),
    most=st.integers(min_value=1, max_value=100),
)
def test_the_packed_never_take_more_than_there_is(
    nodes: list[tuple[int, int]], cpus: float, most: int
) -> None:
    if all(count < cpus for count, _ in nodes):
        return
    machines = capacity(*nodes, cpus=cpus, most=most)
    most_packed = machines.most_packed()
    assert most_packed * cpus <= max(count for count, _ in nodes)
    for packed in range(1, most_packed + 1):
        assert packed * machines.share(packed) <= machines.gpus
        assert machines.slots(packed) <= min(most, sum(count for count, _ in nodes) / cpus)
