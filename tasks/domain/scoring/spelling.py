"""British and American spelling: each word as an American writes it.

Only spellings of one word are folded. Other names of a drug (lignocaine, adrenaline, ciclosporin)
and other words (whilst, learnt) are pronounced differently, and remain what they are.
"""

from __future__ import annotations

import re

# Parts of words, wherever they are in a word.
PARTS = {
    "haem": "hem", "anaem": "anem", "aemi": "emi", "aemo": "emo", "paed": "ped",
    "gynaec": "gynec", "caecu": "cecu", "caeca": "ceca", "faec": "fec", "anaesth": "anesth",
    "aesthet": "esthet", "aesthes": "esthes", "aetiol": "etiol", "caesar": "cesar",
    "palaeo": "paleo", "archaeo": "archeo", "naev": "nev", "mediaev": "mediev",
    "caesium": "cesium", "oedem": "edem", "oesoph": "esoph", "oestr": "estr", "foet": "fet",
    "coelia": "celia", "amoeb": "ameb", "homoeo": "homeo", "pnoe": "pne", "rrhoe": "rrhe",
    "oenanth": "enanth", "manoeuvre": "maneuver", "manoeuvr": "maneuver", "sulph": "sulf",
    "leucoc": "leukoc", "leucop": "leukop", "leucod": "leukod", "leucor": "leukor",
    "aluminium": "aluminum", "artefact": "artifact", "pyjama": "pajama", "scepti": "skepti",
    "mould": "mold", "moult": "molt", "neurone": "neuron", "jewellery": "jewelry",
    "marvellous": "marvelous", "woollen": "woolen", "ageing": "aging", "greyish": "grayish",
}  # fmt: skip
PART = re.compile("|".join(sorted(PARTS, key=len, reverse=True)))
OUR = re.compile(
    r"(behavi|col|fav|flav|harb|hon|hum|lab|neighb|od|rum|sav|savi|tum|vap|vig|rig|endeav|arm|ferv|"
    r"parl|splend|val|cand|clam|ranc|demean)our"
)
RE = re.compile(
    r"(cent|(?:milli|centi|kilo|deci|micro|nano)?(?:lit|met)|fib|theat|calib|sab|spect|lust|meag|somb|"
    r"tit|goit)re(s|d)?"
)
FIBER = re.compile(r"fibre(?=[a-z])")
IZE = re.compile(
    r"(.*(?:al|er|il|in|gn|an|on|im|om|ic|at|et|ot|pt|as|es|is|ar|or|ur|og|ol|ul|el|ll|th|ph|rd|id|od|nt|"
    r"un|en|st|if|gm|qu))is(e[sdr]?|ers|ing|ingly|able|ations?|ational)"
)
NOT_IZE = re.compile(
    r"(?:un|re|dis|mis|pre|in|self)?(?:advertis|advis|analis|anis|aris|cer|cerise|chastis|chemis|"
    r"circumcis|clockwis|compromis|comprom|denis|demis|devis|elis|exercis|excis|exorcis|franchis|"
    r"improvis|incis|louis|malais|merchandis|mortis|paradis|polis|porpois|practis|premis|promis|"
    r"prais|rais|revis|surmis|televis|tortois|treatis|valis|liais|mayonnais|supervis|nois|pois|"
    r"policis|turquois|pris|surpris|enterpris|vis|wis|otherwis|lewis|morris|norris|harris|ceris|"
    r"iris|tennis|penis|travis|davis|appris|reris|uris|finis|furnis)(?:e[sdr]?|ers|ing|ingly|"
    r"able|ations?|ational)"
)
YZE = re.compile(
    r"(anal|paral|catal|dial|hydrol|electrol|psychoanal|haemol|hemol|l)ys(e|ed|er|ers|ing)"
)
DOUBLE_L = re.compile(
    r"(label|relabel|travel|cancel|counsel|model|remodel|signal|level|channel|fuel|refuel|dial|tunnel|"
    r"total|equal|swivel|quarrel|marvel|panel|pedal|pencil|shovel|spiral|unravel|bevel|chisel|"
    r"initial|duel|gravel|grovel|barrel|tranquil|crystal|metal|instal)l(ed|ing|ers?|ors?|ings|ize|"
    r"ized|izer|izers|izing|ization)"
)
WORDS = {
    "catalogue": "catalog", "catalogues": "catalogs", "dialogue": "dialog",
    "dialogues": "dialogs", "analogue": "analog", "analogues": "analogs",
    "programme": "program", "programmes": "programs", "defence": "defense",
    "offence": "offense", "licence": "license", "licences": "licenses", "pretence": "pretense",
    "practise": "practice", "practised": "practiced", "practises": "practices",
    "practising": "practicing", "grey": "gray", "greys": "grays", "judgement": "judgment",
    "judgements": "judgments", "acknowledgement": "acknowledgment", "fulfil": "fulfill",
    "fulfils": "fulfills", "fulfilment": "fulfillment", "enrol": "enroll", "enrols": "enrolls",
    "enrolment": "enrollment", "instil": "instill", "instils": "instills", "distil": "distill",
    "distils": "distills", "skilful": "skillful", "wilful": "willful",
    "instalment": "installment", "instalments": "installments", "disk": "disc",
    "disks": "discs", "cosy": "cozy", "plough": "plow", "cesarian": "cesarean",
    "caesarian": "cesarean", "ok": "okay", "alright": "all right", "liquorice": "licorice",
    "moustache": "mustache", "tonne": "tonne", "haemorrhaged": "hemorrhaged",
    "dr": "doctor", "mr": "mister", "vs": "versus",
}  # fmt: skip
NAMES = frozenset(["graeme", "phoebe"])  # names that have one of the parts


def american(word: str) -> str:
    """Return the American spelling of a lower-case word.

    >>> [american(word) for word in ("haemoglobin", "oesophagus", "tumours", "litre", "organised")]
    ['hemoglobin', 'esophagus', 'tumors', 'liter', 'organized']
    >>> [american(word) for word in ("promise", "four", "exercise", "aerobic", "cefazolin")]
    ['promise', 'four', 'exercise', 'aerobic', 'cefazolin']
    """
    if word in WORDS:
        return WORDS[word]
    if len(word) < 4 or word in NAMES:
        return word
    word = PART.sub(lambda found: PARTS[found[0]], word)
    word = OUR.sub(r"\1or", word)
    word = FIBER.sub("fiber", RE.sub(r"\1er\2", word) if RE.fullmatch(word) else word)
    if YZE.fullmatch(word):
        word = YZE.sub(r"\1yz\2", word)
    elif IZE.fullmatch(word) and not NOT_IZE.fullmatch(word):
        word = IZE.sub(r"\1iz\2", word)
    return DOUBLE_L.sub(r"\1\2", word) if DOUBLE_L.fullmatch(word) else word
