"""What every floor may use: errors, text, privacy, files, and the values of a trial."""
