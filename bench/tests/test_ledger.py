"""The judge of B9: `python3 -m unittest discover bench/tests`."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from harness.ledger import Ledger, Verdict


class TheLedgerTells(unittest.TestCase):
    def setUp(self):
        self.file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "ledger.txt"
        self.ledger = Ledger("127.0.0.1:1", self.file)
        self.now = 0

    def happen(self, *effects):
        with open(self.file, "a") as file:
            for effect in effects:
                self.now += 1
                file.write(f"{self.now} {effect}\n")

    def check(self, names, expected):
        self.assertEqual(self.ledger.verdict(names, "c0-"), expected)

    def test_what_never_happened_is_lost(self):
        self.happen("/c0-000001/first a", "/c0-000001/second b")
        self.check(["c0-000001", "c0-000002"], Verdict(lost=4, doubled=0, repeated=0))

    def test_the_same_effect_under_its_key_is_repeated(self):
        self.happen("/c0-000001/first a", "/c0-000001/second b", "/c0-000001/third c", "/c0-000001/second b")
        self.check(["c0-000001"], Verdict(lost=0, doubled=0, repeated=1))

    def test_the_same_effect_under_another_key_is_doubled(self):
        self.happen("/c0-000001/first a", "/c0-000001/second b", "/c0-000001/third c", "/c0-000001/second d")
        self.check(["c0-000001"], Verdict(lost=0, doubled=1, repeated=0))

    def test_what_another_crash_left_behind_does_not_count(self):
        self.happen("/c0-000001/first a", "/c10-000001/first a")
        self.assertEqual(self.ledger.count("c0-"), 1)

    def test_a_line_that_is_being_written_is_read_when_it_is_whole(self):
        self.happen("/c0-000001/first a")
        with open(self.file, "a") as file:
            file.write("2 /c0-0000")
        self.assertEqual(self.ledger.count("c0-"), 1)
        with open(self.file, "a") as file:
            file.write("02/first b\n")
        self.assertEqual(self.ledger.count("c0-"), 2)


if __name__ == "__main__":
    unittest.main()
