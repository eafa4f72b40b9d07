"""A fake of NeMo's transcription script: it recognizes all rows but the share its model misses.

A boosted decoding misses half as many; its phrases must be there. A model may miss other shares of the clips
of some folders: `0.05 second=0.6`.

Appends a line to FAKE_JOURNAL for each decoding, so that a test can count them. The one of number
FAKE_HANG, from 1, waits to be killed.
"""

import json
import os
import re
import sys
import tarfile
import time
import zlib
from pathlib import Path


def misheard(text):
    """Return another word for the one that letters and a number make up, or for the longest: its term."""
    words = text.split()
    numbered = (word for word in words if re.fullmatch("[a-z]+[0-9]+", word))
    term = next(numbered, max(words, key=len))
    return " ".join("something" if word == term else word for word in words)


given = {k: v.strip("'") for k, v in (argument.split("=", 1) for argument in sys.argv[1:])}
with tarfile.open(given["model_path"]) as archive:
    config = archive.extractfile("model_config.yaml").read().decode()
share, *others = config.split("misses: ")[1].splitlines()[0].split()
misses, of_folder = float(share), dict(other.split("=") for other in others)
boosted = [key for key in given if key.endswith("boosting_tree_alpha")]
if boosted:
    (phrases,) = (v for k, v in given.items() if k.endswith("key_phrases_file"))
    assert len(Path(phrases).read_text().splitlines()) > 1000
    misses *= 1 - float(given[boosted[0]]) / 2
rows = [json.loads(line) for line in Path(given["dataset_manifest"]).read_text().splitlines()]
with open(os.environ.get("FAKE_JOURNAL", os.devnull), "a") as journal:
    journal.write(given["model_path"] + "\n")
if hang := os.environ.get("FAKE_HANG"):
    with open(os.environ["FAKE_JOURNAL"]) as journal:
        time.sleep(600 if len(journal.readlines()) == int(hang) else 0)
with open(given["output_filename"], "w") as output:
    for row in rows:
        name = Path(row["audio_filepath"]).stem
        number = int(name) if name.isdigit() else zlib.crc32(name.encode())
        share = float(of_folder.get(Path(row["audio_filepath"]).parent.name, misses))
        missed = (number * 37 % 100) / 100 < share
        row["pred_text"] = misheard(row["text"]) if missed else row["text"]
        output.write(json.dumps(row) + "\n")
