"""British and American spelling."""

import csv
from pathlib import Path

import pytest

from tasks.domain.scoring.spelling import american

ROOT = Path(__file__).parents[4]
PAIRS = """
anaemia anemia; haematology hematology; leukaemia leukemia; ischaemic ischemic; paediatric pediatric;
orthopaedics orthopedics; gynaecology gynecology; caecum cecum; faeces feces; anaesthetic anesthetic;
aetiology etiology; oedema edema; oesophagus esophagus; oestrogen estrogen; foetal fetal;
foetus fetus; coeliac celiac; diarrhoea diarrhea; dyspnoea dyspnea; apnoea apnea; amoebic amebic;
manoeuvre maneuver; sulphate sulfate; sulphur sulfur; leucocyte leukocyte; tumour tumor;
tumours tumors; colour color; behavioural behavioral; labour labor; vapour vapor; centre center;
litres liters; fibre fiber; fibreoptic fiberoptic; millilitre milliliter; goitre goiter;
titre titer; organise organize; catheterised catheterized; hospitalisation hospitalization;
stabilising stabilizing; tranquilliser tranquilizer; analyse analyze; paralysed paralyzed;
immunisation immunization; minimise minimize; summarise summarize; labelled labeled;
travelling traveling; signalling signaling; counsellor counselor; programme program;
practise practice; defence defense; grey gray; catalogue catalog; ageing aging;
haemorrhoids hemorrhoids; caesarean cesarean; artefact artifact; neurone neuron; ok okay;
anaesthetised anesthetized; ischaemia ischemia; hypoglycaemia hypoglycemia; naevus nevus
"""
REMAIN = """
four hour your pour tour contour glamour velour detour exercise promise compromise premise advise
revise supervise surprise rise arise wise otherwise likewise noise raise praise precise concise
disease release increase decrease incise excise circumcise expertise malaise clockwise merchandise
aerobic anaerobic coenzyme leucovorin leucine phoebe cefazolin ciclosporin cyclosporine roentgen
penis pelvis arthritis sepsis diagnosis analysis analyses metre-wave here there acre massacre
televise improvise disguise practice license tortoise lewis harris morris travis hearing aloe
""".replace("metre-wave", "")


@pytest.mark.parametrize("pair", [pair.split() for pair in PAIRS.split(";")], ids="-".join)
def test_a_british_spelling_is_folded_into_the_american_one(pair: list[str]) -> None:
    british, us = pair
    assert american(british) == us
    assert american(us) == us


@pytest.mark.parametrize("word", REMAIN.split())
def test_a_word_that_only_looks_british_remains(word: str) -> None:
    assert american(word) == word


def test_the_terms_of_the_reference_benchmark_remain_what_they_are() -> None:
    lines = (ROOT / "reference/terms.csv").read_text(encoding="utf-8").splitlines()
    words = [word for line in csv.DictReader(lines) for word in line["term"].lower().split()]
    assert [american(word) for word in words] == words
