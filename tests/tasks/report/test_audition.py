"""The audition page shows every term with its clips, is one file, and runs nothing that a term holds."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tasks.report.audition import Audition, VoiceClip, audition_page
from tests.tasks.report.auditions import TERMS, VOICES, choice, item, sample
from tests.tasks.report.conftest import Page

CLIP = re.compile(r"data:audio/mpeg;base64,[A-Za-z0-9+/=]+")


def page_of(audition: Audition, *, served: bool = False) -> Page:
    return Page(audition_page(audition, served=served))


def test_every_term_and_proposal_has_a_clip_of_every_voice() -> None:
    page = page_of(sample())
    assert len(CLIP.findall(page.html)) == (len(TERMS) + 2) * len(VOICES)
    for term in TERMS:
        assert f"{term} " in page.text
    assert "1 ˈtɪməlɒl suffix -olol en-us en-gb 2 ˈtaɪməlɒl suffix -lol" in page.text


def test_how_the_engine_reads_a_term_is_shown_where_it_is_known() -> None:
    text = page_of(sample()).text
    assert "0 tˈɪməlˌɒl espeak's own g2p" in text
    assert text.count("no IPA espeak's own g2p") == len(TERMS) - 1


def test_what_was_decided_before_is_shown_with_its_reviewer() -> None:
    assert "accepted by Ana on 2026-01-02" in page_of(sample()).text
    assert page_of(sample()).text.count("not checked yet") == len(TERMS) - 1


def test_a_voice_without_a_clip_names_the_reason() -> None:
    card = sample().cards[0]
    broken = replace(card.choices[0], clips=(VoiceClip("en-us", fault="no answer in 60 s"),))
    page = page_of(replace(sample(), cards=(replace(card, choices=(broken,)),)))
    assert "en-us: no answer in 60 s" in page.text
    assert CLIP.findall(page.html) == []


@pytest.mark.parametrize(
    ("served", "sentence"),
    [(True, "Each decision is written at once."), (False, "put it into cycle1/ of the workspace")],
)
def test_the_page_names_how_it_saves(served: bool, sentence: str) -> None:
    assert sentence in page_of(sample(), served=served).text


@pytest.mark.parametrize("served", [True, False])
def test_the_page_allows_its_own_style_and_script_alone_and_asks_nobody_else(served: bool) -> None:
    page = page_of(sample(), served=served)
    (policy,) = (str(value) for _, value in page.attributes if value and "-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert ("connect-src 'self'" in policy) is served
    assert not {"link", "img", "iframe", "object", "base"} & set(page.elements)
    assert "style" not in {name for name, _ in page.attributes}
    assert "://" not in page.html


@pytest.mark.parametrize("odd", ["</script><script>alert(1)</script>", "'\"><b onclick=x>bold</b>"])
def test_markup_in_any_text_is_shown_as_it_is(odd: str) -> None:
    """Nothing of a term, a voice, an IPA or a reason becomes an element or an attribute."""

    def page_with(text: str) -> Page:
        card = sample().cards[3]
        assert card.decision is not None
        changed = replace(
            card,
            item=item(text, voices=(text,), engine=text),
            category=text,
            sentence=text,
            choices=(
                replace(choice(text, text, text), clips=(VoiceClip(text, b"x"),)),
                replace(choice(text, text, text), clips=(VoiceClip(text, fault=text),)),
            ),
            decision=card.decision.model_copy(update={"reviewer": text, "reason": text}),
        )
        decisions = (changed.decision,) if changed.decision else ()
        return page_of(replace(sample(), name=text, cards=(changed,), decisions=decisions))

    plain, page = page_with("plain"), page_with(odd)
    assert page.elements == plain.elements
    assert [key for key, _ in page.attributes] == [key for key, _ in plain.attributes]
    assert odd in page.text
