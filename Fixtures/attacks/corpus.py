"""The corpus under construction: files, what each attacks, and what must happen when Sedge reads it."""
import os
import random

# The outcomes that a file can have; Scripts/run-attacks.py holds the exit code of each command against them.
OUTCOMES = {
    "refused": "every command ends with 2 and one error that names the file",
    "listed": "a sound file that is no model: inspect lists its tensors, estimate may measure them, others end with 2",
    "payload": "the directory is sound, a payload is not: inspect may list the file, a command that reads payloads refuses it",
    "read": "a sound file: every command that it fits ends with 0",
    "noted": "the file beside the one that is read is ignored with a note that names it, and the command ends with 0",
    "ignored": "the file has no effect: the command ends with 0",
    "skipped": "one picture of several is reported, the others are used, and the command ends with 3",
    "either": "damaged at random: read or refused",
}


class Corpus:
    """Files below one folder. Every name says what the file attacks; `rows` has what must happen."""

    def __init__(self, folder, fixtures, seed):
        self.folder, self.fixtures, self.rows = folder, fixtures, []
        self.random = random.Random(seed)

    def fixture(self, name):
        with open(os.path.join(self.fixtures, name), "rb") as file:
            return file.read()

    def path(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def place(self, name, data):
        """Writes a file that another one needs; nothing is expected of it."""
        with open(self.path(name), "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())

    def expect(self, name, kind, outcome, words="", lists=""):
        """Records what must happen; `words` are in the error, `lists` are names that inspect lists, with blanks between."""
        assert outcome in OUTCOMES, outcome
        assert not any(row[0] == name for row in self.rows), name
        self.rows.append((name, kind, outcome, lists, words))

    def add(self, name, data, kind, outcome, words="", lists=""):
        self.place(name, data)
        self.expect(name, kind, outcome, words, lists)
