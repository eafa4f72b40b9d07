"""Stage of score-baseline: check the request, have the rows recognized where asked, score."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote
from pydantic import TypeAdapter, ValidationError

from tasks.benchmark.engines.riva_asr import WordBoost, recognize
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.jobs import AudioRow
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecodingPolicy
from tasks.domain.row_fields import SystemName
from tasks.domain.verdict.comparison import score_clinical
from tasks.jobs.decode import decode_rows
from tasks.logs import at_stage
from tasks.orchestration.progress import progress_shown
from tasks.records.files import digest, write_jsonl
from tasks.settings import Settings
from tasks.workspace.cycle import Model, System
from tasks.workspace.hypotheses import Results, read_hypotheses, sample_rows, write_results
from tasks.workspace.manifests import Manifest, read_manifest
from tasks.workspace.models import find_base, read_phrases
from tasks.workspace.open import check_out, collecting


@dataclass(frozen=True)
class Request:
    """A checked request: the rows, and one source of hypotheses, named in `source`.

    `system` is the name that per_sample.json has of it, empty where nobody named it. `note` is how a
    file of hypotheses was read, empty where as usual.
    """

    manifest: Manifest[ClinicalRow]
    out: Path
    source: str
    hypotheses: Sequence[str] | None = None
    model: Model | None = None
    endpoint: str | None = None
    boost: WordBoost | None = None
    note: str = ""
    system: str = ""


def check_request(
    manifest: Path,
    out: Path,
    model: Path | None = None,
    hypotheses: Path | None = None,
    endpoint: str | None = None,
    boost: Path | None = None,
    boost_score: float | None = None,
    system: str | None = None,
) -> Request:
    """Check everything; raise InvalidInput with every fault. Hypotheses are scored without audio.

    Where nothing is named, the endpoint of the environment is asked.
    """
    if model is None and hypotheses is None and endpoint is None:
        endpoint = Settings().asr_endpoint
    if sum(source is not None for source in (model, hypotheses, endpoint)) != 1:
        sources = "--model, --hypotheses, --endpoint"
        raise InvalidInput([Fault("expected one of the three", sources)])
    faults: list[Fault] = []
    checked: Manifest[ClinicalRow] | None = None
    found: Model | None = None
    with collecting(faults):
        check_out(out)
    with collecting(faults):
        checked = read_manifest(manifest, ClinicalRow, audio=hypotheses is None)
    with collecting(faults):
        found = find_base(Path.cwd(), str(model)) if model is not None else None
    if endpoint is not None and not endpoint.rpartition(":")[2].isdigit():
        faults.append(Fault(f"expected host:port; got {endpoint!r}", "--endpoint"))
    word_boost: WordBoost | None = None
    if boost is not None or boost_score is not None:
        with collecting(faults):
            word_boost = _word_boost(boost, boost_score, endpoint)
    with collecting(faults):
        system = _named(system) if system is not None else None
    if faults or checked is None:
        raise InvalidInput(faults)
    given = read_hypotheses(hypotheses, checked) if hypotheses else None
    source = endpoint or _short(next(one for one in (model, hypotheses) if one))
    return Request(
        checked,
        out.absolute(),  # a job runs elsewhere
        source,
        given.texts if given else None,
        found,
        endpoint,
        word_boost,
        given.note if given else "",
        system or (given.system if given else _name_or_none(found.label if found else source)),
    )


def _named(system: str) -> str:
    """Check the name of a system; raise InvalidInput where it is none."""
    try:
        return TypeAdapter[str](SystemName).validate_python(system)
    except ValidationError as error:
        raise InvalidInput([Fault(error.errors()[0]["msg"], "--system")]) from None


def _name_or_none(source: str) -> str:
    """Return the name of a model or a server, empty where per_sample.json could not have it."""
    with suppress(InvalidInput):
        return _named(source)
    return ""


def _short(path: Path) -> str:
    """Name a file with the folder that it is in, which distinguishes it from others of its name."""
    return "/".join(path.absolute().parts[-2:])


def _word_boost(path: Path | None, score: float | None, endpoint: str | None) -> WordBoost:
    """Read the phrases that a server shall prefer; raise InvalidInput with every fault."""
    faults = []
    if endpoint is None:
        sentence = (
            "expected --endpoint: Riva's word boosting is asked of a server; a model of one's own "
        )
        faults.append(Fault(f"{sentence}is boosted by stage boost of a cycle", "--boost"))
    if path is None:
        faults.append(Fault("expected --boost FILE, the phrases", "--boost-score"))
    if score is None:
        sentence = "expected a score in Riva's scale: 20 to 100 for CTC, 0.5 to 2 for RNNT and TDT"
        faults.append(Fault(sentence, "--boost-score"))
    phrases: tuple[str, ...] = ()
    with collecting(faults):
        phrases = read_phrases(path, ()).phrases if path else ()
    if path and not phrases and not faults:
        faults.append(Fault(f"expected phrases, one a line; {path} has none", "--boost"))
    if faults or score is None:
        raise InvalidInput(faults)
    return WordBoost(phrases, score)


def score_request(request: Request) -> dict[str, float | int | None]:
    """Write per_sample.json, results.csv and leaderboard.md; return the headline rates."""
    return _score(cast("Request", quote(request)))  # quoted: Prefect does not walk its rows


@task(name="score-baseline", cache_policy=NO_CACHE)
def _score(request: Request) -> dict[str, float | int | None]:
    with progress_shown(request.out, request.out.name):
        return score(request)


def score(request: Request) -> dict[str, float | int | None]:
    """Do what `score_request` does, without Prefect."""
    rows = request.manifest.rows
    with at_stage("baseline"):
        hypotheses = _hypotheses(request)
    scored = score_clinical(rows, hypotheses)
    write_jsonl(request.out / "per_sample.json", sample_rows(rows, hypotheses, request.system))
    title = f"{request.system or request.source} on {_short(request.manifest.path)}"
    write_results(request.out, "leaderboard.md", Results(title, rows, scored))
    return asdict(scored.summary)


def _hypotheses(request: Request) -> Sequence[str]:
    """Return the hypotheses as given, or decoded, or asked of the endpoint."""
    if request.hypotheses is not None:
        return request.hypotheses
    rows = request.manifest.audio_rows
    if request.model is not None:
        batch_size = DecodingPolicy().batch_size
        return decode_rows(rows, System(request.model), request.out / ".decoding", batch_size)
    return _recognize(request, rows)


def _recognize(request: Request, rows: Sequence[AudioRow]) -> list[str]:
    """Ask the endpoint; a second call goes on where the first was interrupted."""
    endpoint, settings = str(request.endpoint), Settings()
    asked = digest(
        endpoint,
        settings.nvcf_function_id,
        settings.asr_language,
        request.manifest.sha256,
        request.manifest.audio_sha256,
        *([str(request.boost.score), *request.boost.phrases] if request.boost else []),
    )
    journal = request.out / f".recognized-{asked[:12]}.jsonl"
    hypotheses = recognize(rows, endpoint, journal, request.boost)
    journal.unlink(missing_ok=True)
    return hypotheses
