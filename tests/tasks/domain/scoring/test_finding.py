"""Terms in texts: accepted as the same, never merged, and found among many."""

import csv
from itertools import combinations
from pathlib import Path

import pytest

from tasks.domain.scoring.canonical import canonical, words_of
from tasks.domain.scoring.finding import Finder, forms_of, found, found_in, place_of, term_forms

ROOT = Path(__file__).parents[4]
A_CLINICIAN_ACCEPTS = [
    ("beta-blocker", "beta blocker"), ("beta blocker", "betablocker"), ("beta-blocker", "betablocker"),
    ("betablocker", "beta-blocker"), ("5-FU", "5 FU"), ("5-FU", "five F U"), ("COVID-19", "covid nineteen"),
    ("type 1 diabetes", "type one diabetes"), ("haemoglobin", "hemoglobin"),
    ("β-blocker", "beta blocker"), ("β-blocker", "betablocker"), ("HbA1c", "hemoglobin A one C"),
    ("HbA1c", "haemoglobin A1c"), ("Crohn's", "crohns"), ("Crohn’s disease", "Crohn disease"),
    ("co-amoxiclav", "coamoxiclav"), ("coamoxiclav", "co-amoxiclav"), ("B12", "b twelve"),
    ("vitamin D3", "vitamin d three"), ("oesophagus", "esophagus"), ("EKG", "e k g"), ("EKG", "E.K.G."),
    ("E K G", "EKG"), ("G6PD", "g six p d"), ("tablets", "two tablets"), ("Ménière's", "menieres"),
]  # fmt: skip
NOT_FOUND = [
    ("cefazolin", "cefa zolin"), ("insulin", "in sulin"), ("type 1 diabetes", "type 15 diabetes"),
    ("1", "1.5"), ("type 1", "type 1.5"), ("hypotension", "hypertension"), ("left", "right"),
    ("warfarin 1.5", "warfarin 15"), ("B12", "B 1 2"), ("no", "know"), ("tablets", "the tablet"),
    ("tablets", "1 tablet"), ("tablet", "2 tablets"),
    ("quinine", "quinidine"), ("5-FU", "FU"), ("COVID-19", "covid 90"), ("mg", "mcg"),
]  # fmt: skip
DRUGS = """
acetaminophen acyclovir adenosine albuterol alendronate allopurinol alprazolam amiodarone amitriptyline
amlodipine amoxicillin amphotericin ampicillin apixaban aripiprazole aspirin atenolol atorvastatin
atropine azathioprine azithromycin baclofen benazepril bisoprolol bumetanide bupivacaine buprenorphine
bupropion buspirone captopril carbamazepine carvedilol cefazolin cefepime cefotaxime cefotetan cefoxitin
ceftazidime ceftriaxone cefuroxime celecoxib cephalexin cetirizine chlorpromazine chlorpropamide
ciprofloxacin citalopram clarithromycin clindamycin clomipramine clonazepam clonidine clopidogrel
clotrimazole clozapine codeine colchicine cyclobenzaprine cyclophosphamide cycloserine cyclosporine
dabigatran daptomycin daunorubicin dexamethasone diazepam diclofenac digoxin diltiazem diphenhydramine
dobutamine donepezil dopamine doxorubicin doxycycline duloxetine edoxaban enalapril enoxaparin
ephedrine epinephrine erythromycin escitalopram esomeprazole estradiol ezetimibe famotidine fentanyl
finasteride fluconazole fluoxetine fluvoxamine fosphenytoin furosemide gabapentin gentamicin glimepiride
glipizide glyburide haloperidol heparin hydralazine hydrochlorothiazide hydrocodone hydrocortisone
hydromorphone hydroxychloroquine hydroxyzine ibuprofen imipramine indapamide indomethacin insulin
ipratropium isoniazid ketamine ketorolac labetalol lamivudine lamotrigine levetiracetam levofloxacin
levothyroxine lidocaine linezolid lisinopril lithium loperamide loratadine lorazepam losartan meropenem
metformin methadone methotrexate metoclopramide metolazone metoprolol metronidazole midazolam
montelukast morphine naloxone naproxen nifedipine nimodipine nitrofurantoin norepinephrine nystatin
olanzapine omeprazole ondansetron oxcarbazepine oxycodone pantoprazole paroxetine penicillin
phenobarbital phenytoin prednisolone prednisone pregabalin prochlorperazine propofol propranolol
quetiapine quinidine quinine ramipril ranitidine rifampin rifaximin risperidone rivaroxaban rosuvastatin
sertraline sildenafil simvastatin spironolactone sulfadiazine sulfasalazine sumatriptan tacrolimus
tamoxifen tamsulosin terazosin thiamine ticagrelor tramadol trazodone valacyclovir valsartan vancomycin
venlafaxine verapamil vinblastine vincristine warfarin zolpidem antacid
""".split()  # noqa: SIM905
ENDINGS = [
    ("cyclosporine", "cyclosporin"), ("thiamine", "thiamin"), ("quinine", "quinin"), ("heparine", "heparin"),
    ("vancomycine", "vancomycin"), ("amphotericin", "amphotericine"), ("ephedrine", "ephedrin"),
]  # fmt: skip


@pytest.mark.parametrize(("term", "text"), A_CLINICIAN_ACCEPTS)
def test_another_way_of_writing_is_the_term(term: str, text: str) -> None:
    hypothesis = f"start the {text} now"
    assert found(term_forms(term), hypothesis)
    assert Finder.of([term, "warfarin"]).found_in(hypothesis) == {term}


@pytest.mark.parametrize(("term", "text"), NOT_FOUND)
def test_another_term_is_not_the_term(term: str, text: str) -> None:
    assert not found(term_forms(term), f"start the {text} now")
    assert not Finder.of([term]).found_in(f"start the {text} now")


def test_an_accepted_spelling_counts_as_the_term() -> None:
    forms = term_forms("paracetamol", ["acetaminophen", "Tylenol"])
    assert found(forms, "take Tylenol™ now")
    assert not found(term_forms("paracetamol"), "take Tylenol now")
    finder = Finder.of(["paracetamol"], [["acetaminophen"]])
    assert finder.found_in("acetaminophen") == {"paracetamol"}


def benchmark_terms() -> list[str]:
    lines = (ROOT / "reference/terms.csv").read_text(encoding="utf-8").splitlines()
    return [line["term"] for line in csv.DictReader(lines)]


def test_no_two_terms_share_a_form() -> None:
    terms = sorted({*benchmark_terms(), *DRUGS})
    assert len(DRUGS) > 150
    forms = {term: term_forms(term) for term in terms}
    for one, other in combinations(terms, 2):
        assert not (forms[one].forms | forms[one].counted) & (
            forms[other].forms | forms[other].counted
        )


@pytest.mark.parametrize("pair", ENDINGS, ids="-".join)
def test_ine_and_in_are_two_drugs(pair: tuple[str, str]) -> None:
    assert canonical(pair[0]) != canonical(pair[1])
    assert not term_forms(pair[0]).forms & term_forms(pair[1]).forms


def test_a_term_without_words_has_no_form() -> None:
    assert term_forms("-").forms == frozenset()


def test_one_of_many_terms_is_found_as_each_by_itself() -> None:
    finder = Finder.of(DRUGS)
    for text in ("Warfarin and co-amoxiclav", "cefa-zolin 5 mg", "hep arin", "no drug"):
        assert finder.found_in(text) == {term for term in DRUGS if found(term_forms(term), text)}


def test_accepted_spellings_count_in_the_canonical_view_alone() -> None:
    published, spoken = (
        forms_of("paracetamol", ["acetaminophen"], view) for view in ("published", "canonical")
    )
    text = "acetaminophen 1 g"
    assert not found_in(published, text, text)
    assert found_in(spoken, text, text)


def test_the_place_of_a_term_is_found_in_either_view() -> None:
    (text,) = words_of(["Start 5-FU today"], "canonical")
    assert place_of(forms_of("5-FU", (), "canonical"), text.split()) == (1, 3)
    (text,) = words_of(["Start 5-FU today"], "published")
    assert place_of(forms_of("5-FU", (), "published"), text.split()) == (1, 2)
