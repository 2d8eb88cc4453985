"""Tell handwritten digits apart: a script with arguments, which knows nothing of hpsearch."""

import argparse

from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, required=True)
parser.add_argument("--alpha", type=float, required=True)
parser.add_argument("--epochs", type=int, default=8)
options = parser.parse_args()

images, digits = load_digits(return_X_y=True)
parts = train_test_split(images / 16, digits, test_size=0.3, random_state=0)
train_images, val_images, train_digits, val_digits = parts

model = SGDClassifier(
    alpha=options.alpha, learning_rate="constant", eta0=options.learning_rate, random_state=0
)
for epoch in range(1, options.epochs + 1):
    model.partial_fit(train_images, train_digits, classes=range(10))
    print(f"epoch {epoch} val_acc={model.score(val_images, val_digits):.4f}")
