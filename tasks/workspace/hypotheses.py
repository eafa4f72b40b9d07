"""Hypotheses of any ASR system: read, matched with the rows of a manifest, and written with their scores."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from tasks.domain import hypotheses as domain
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow, ScoredRow
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.critical import written
from tasks.logs import log
from tasks.records.files import write_atomic, write_csv
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.manifests import Manifest, joined, resolved

NAMED = 3  # rows that a sentence names


@dataclass(frozen=True)
class Hypotheses:
    """One hypothesis a row, in row order.

    `note` is how the file was read, empty where as usual; `system` is the one that it names, if any.
    """

    texts: list[str]
    note: str = ""
    system: str = ""


@dataclass(frozen=True)
class Clips:
    """The rows of a manifest by everything that hypotheses may name them by.

    `rows` are by line number, `paths` the lines by resolved clip, which may be of several rows.
    `resolved` are the clips by their path as the manifest names it; `folders` those resolved so far.
    """

    manifest: Path
    rows: Mapping[int, ClinicalRow]
    paths: Mapping[Path, set[int]]
    resolved: Mapping[str, Path]
    folders: dict[str, Path]

    @cached_property
    def names(self) -> dict[str, set[int]]:
        """The lines by the name of their clip in the manifest."""
        return _lines_by(
            (posixpath.normpath(row.audio_filepath), n) for n, row in self.rows.items()
        )

    @cached_property
    def ids(self) -> dict[str, set[int]]:
        """The lines by the id of the row."""
        return _lines_by((row.id, line) for line, row in self.rows.items() if row.id)

    @cached_property
    def files(self) -> dict[str, set[int]]:
        """The lines by the file name of the clip, with and without its ending."""
        paths = {line: PurePosixPath(row.audio_filepath) for line, row in self.rows.items()}
        return _lines_by((name, n) for n, path in paths.items() for name in {path.name, path.stem})

    def lines(self, name: str, beside: Path) -> set[int]:
        """Return the lines of the rows that a clip may be of, named in the file `beside`.

        The name is a path, absolute or relative to either file. Where there is no such clip, one without a
        folder may be an id or a file name, and one with a folder the path of another host, which ends with
        the name in the manifest. Else its file name may be an id: that of a recording that was imported.
        """
        named = {joined(file, name) for file in (beside, self.manifest)}
        known = (self.resolved.get(one) or resolved(one, self.folders) for one in named)
        clips = self.paths.keys() & known
        if clips:
            return {line for clip in clips for line in self.paths[clip]}
        path = PurePosixPath(posixpath.normpath(name))
        if "/" not in name:
            found = self.ids.get(name) or self.files.get(name, set())
        else:
            ends = {"/".join(path.parts[start:]) for start in range(len(path.parts))}
            found = {line for end in ends & self.names.keys() for line in self.names[end]}
        return found or self.ids.get(path.stem, set())


Key = TypeVar("Key")


def _lines_by(named: Iterable[tuple[Key, int]]) -> dict[Key, set[int]]:
    found: dict[Key, set[int]] = defaultdict(set)
    for name, line in named:
        found[name].add(line)
    return found


def _clips_of(manifest: Manifest[ClinicalRow]) -> Clips:
    rows = dict(zip(manifest.lines, manifest.rows, strict=True))
    paths = _lines_by(zip(manifest.clips, manifest.lines, strict=True))
    known = dict(zip(manifest.named_clips, manifest.clips, strict=True))
    return Clips(manifest.path, rows, paths, known, {})


def match_hypotheses(path: Path, manifest: Manifest[ClinicalRow]) -> list[str]:
    """Read one hypothesis a row, in row order, and log how the file was read where it had to be guessed.

    Raises InvalidInput with every fault unless rows and hypotheses match one to one.
    """
    found = read_hypotheses(path, manifest)
    if found.note:
        log().info("%s", found.note)
    return found.texts


def read_hypotheses(path: Path, manifest: Manifest[ClinicalRow]) -> Hypotheses:
    """Read one hypothesis a row from a file in any of the formats.

    Raises InvalidInput with every fault unless rows and hypotheses match one to one. A row that a CTM has
    no word of has an empty hypothesis.
    """
    if not path.is_file():
        raise InvalidInput([Fault(f"expected hypotheses; {path} does not exist", path.name)])
    try:
        content = read_regular(path, LINES_BYTES)
    except OSError as error:
        raise InvalidInput([Fault(f"expected hypotheses; {path}: {error}", path.name)]) from None
    file = domain.read_hypotheses(content, path.name)
    clips = _clips_of(manifest)
    rows = clips.rows
    faults = list(file.faults)
    found: dict[int, str] = {}
    times = Counter[frozenset[int]]()
    for number, sample in file.rows.items():
        try:
            lines = clips.lines(sample.audio_filepath, path)
            matched = frozenset(lines)
            times[matched] += 1
            again = times[matched] > len(lines)
            fault = _mismatch(sample, lines, rows, found, manifest.path.name, again=again)
        except (OSError, ValueError, RuntimeError):
            lines, fault = set(), ("audio_filepath", "expected the path of a file", "")
        if fault:
            field = file.key if fault[0] == "audio_filepath" else fault[0]
            faults.append(Fault(fault[1], path.name, number, field, fault[2]))
        for line in lines:
            found.setdefault(line, sample.hyp)
    missing = {line: row for line, row in rows.items() if line not in found}
    note = file.note
    if file.leaves_out_empty and missing and found:
        named = ", ".join(row.audio_filepath for row in [*missing.values()][:NAMED])
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        note += f"; without a word in it, so with an empty transcript: {named}{more}"
        found |= dict.fromkeys(missing, "")
        missing = {}
    faults += [
        Fault(
            f"expected a hypothesis for {row.audio_filepath} ({manifest.path.name}:{line})",
            path.name,
            kind="expected a hypothesis",
        )
        for line, row in missing.items()
    ]
    systems = {sample.system: number for number, sample in file.rows.items() if sample.system}
    if len(systems) > 1:
        names, number = " and ".join(map(repr, systems)), max(systems.values())
        sentence = f"expected the transcripts of one system; got {names}"
        faults.append(Fault(sentence, path.name, number, "system"))
    if faults:
        raise InvalidInput(faults)
    return Hypotheses([found[line] for line in manifest.lines], note, next(iter(systems), ""))


def hypotheses_of_sets(
    path: Path, manifests: Sequence[Manifest[ClinicalRow]]
) -> list[dict[int, str]]:
    """Read one file with rows of several manifests; return for each its hypotheses by position of the row.

    Rows that the file does not have are left out. Raises InvalidInput with every fault, without any text.
    """
    if not path.is_file():
        raise InvalidInput([Fault(f"expected hypotheses; {path} does not exist", path.name)])
    try:
        file = domain.read_hypotheses(read_regular(path, LINES_BYTES), path.name)
    except OSError as error:
        raise InvalidInput([Fault(f"expected hypotheses; {path}: {error}", path.name)]) from None
    positions = [{line: n for n, line in enumerate(one.lines)} for one in manifests]
    known = [_clips_of(one) for one in manifests]
    names = " or ".join(one.path.name for one in manifests)
    faults = [replace(one, sentence=one.sentence.partition("; got")[0]) for one in file.faults]
    found: list[dict[int, str]] = [{} for _ in manifests]
    times = Counter[tuple[int, Path]]()
    for number, sample in file.rows.items():
        try:
            places = [
                (which, positions[which][line])
                for which, clips in enumerate(known)
                for line in clips.lines(sample.audio_filepath, path)
            ]
        except (OSError, ValueError, RuntimeError):
            places = []
        clips = {(which, manifests[which].clips[position]) for which, position in places}
        if len(clips) != 1:
            faults.append(Fault(f"expected one row of {names}", path.name, number, file.key))
            continue
        (clip,) = clips
        times[clip] += 1
        if times[clip] > len(places):  # a clip of several rows may be named once a row
            faults.append(Fault("expected one hypothesis a row", path.name, number, file.key))
        for which, position in places:
            found[which][position] = sample.hyp
    if faults:
        raise InvalidInput(faults)
    for one, texts in zip(manifests, found, strict=True):
        if file.leaves_out_empty and texts:
            texts |= {n: "" for n in range(len(one.rows)) if n not in texts}
    return [dict(sorted(texts.items())) for texts in found]


def _mismatch(
    sample: ScoredRow,
    lines: set[int],
    rows: Mapping[int, ClinicalRow],
    found: dict[int, str],
    manifest: str,
    *,
    again: bool,
) -> tuple[str, str, str] | None:
    """Return the field that does not match a row, how it differs, and the kind of fault.

    A clip of several rows may have its hypothesis once, or once a row, where they are one. `again`: it was
    named more often.
    """
    if len({rows[line].audio_filepath for line in lines}) != 1:
        kind = f"expected one row of {manifest}" if lines else f"expected a row of {manifest}"
        which = f"; rows {' and '.join(map(str, sorted(lines)))} match" if lines else ""
        return "audio_filepath", f"{kind}; got {sample.audio_filepath!r}{which}", kind
    line = min(lines)
    if again or found.get(line, sample.hyp) != sample.hyp:
        sentence = f"expected one hypothesis a row; row {line} has one"
        return "audio_filepath", sentence, "expected one hypothesis a row"
    text = rows[line].text
    if sample.ref not in (None, text) and canonical(sample.ref) != canonical(text):
        return "ref", f"expected the text of row {line}", "expected the text of a row"
    return None


def sample_rows(
    rows: Sequence[ClinicalRow], hypotheses: Sequence[str], system: str = ""
) -> list[dict[str, Any]]:
    """Return rows with their hypotheses, and the system where it is named, as per_sample.json has them."""
    named = {"system": system} if system else {}
    return [
        {
            "audio_filepath": row.audio_filepath,
            "ref": row.text,
            "hyp": hypothesis,
            "term": row.term,
            "entity_category": row.entity_category,
            "ipa_source": row.ipa_source,
            "voice_id": row.voice_id,
            "noise_level": row.noise_level,
            "context_type": row.context_type,
            **named,
        }
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]


@dataclass(frozen=True)
class Results:
    """Rows with one system's scored transcripts, in parallel, under a title."""

    title: str
    rows: Sequence[ClinicalRow]
    hypotheses: ScoredHypotheses


def write_results(
    folder: Path,
    board: str,
    results: Results,
    extra: Sequence[Mapping[str, Any]] | None = None,
    name: str = "results.csv",
) -> None:
    """Write the file `name`, a line a row with any extra columns, then the leaderboard file `board`.

    Columns without a suffix are of the published view.
    """
    scored = results.hypotheses
    critical = scored.critical_changes([row.text for row in results.rows])
    lines = [
        {
            **sample,
            "wer": wer,
            "cer": cer,
            "ker": ker,
            "ser": ser,
            "wer_canonical": wer_canonical,
            "ker_canonical": ker_canonical,
            "critical": written(changes),
            **more,
        }
        for (
            sample,
            (wer, cer, ker, ser),
            (wer_canonical, _, ker_canonical, _),
            changes,
            more,
        ) in zip(
            sample_rows(results.rows, scored.texts),
            scored.published.rates,
            scored.canonical.rates,
            critical,
            extra or [{}] * len(results.rows),
            strict=True,
        )
    ]
    write_csv(folder / name, lines)
    board_text = leaderboard(results.title, results.rows, scored.published, scored.canonical)
    write_atomic(folder / board, board_text)
