"""General English for guard and replay sets: plain sentences of everyday life, from a seed.

    python reference/general_english.py --out tasks/benchmark/general_english.txt

The sentences are the project's own and in the public domain; none is about medicine.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

SEED, SENTENCES = 11, 3_000
SLOT = re.compile(r"<(\w+)>")
WORDS: dict[str, tuple[str, ...]] = {
    "who": (
        "my sister", "our neighbor", "the old teacher", "my uncle", "the mail carrier", "her cousin",
        "the young couple", "our guide", "the farmer", "my best friend", "the captain", "the baker",
        "his grandmother", "the whole team", "the new student", "our landlord", "the gardener",
        "the bus driver", "her brother", "the mayor", "a tall stranger", "the librarian", "my son",
    ),
    "did": (
        "left a note", "waited patiently", "told a funny story",  # codespell:ignore told
        "asked for directions", "sat down",
        "sang an old song", "read the newspaper", "took a few pictures", "made a phone call",
        "drank a cup of tea", "fell asleep", "played the piano", "sold fresh flowers", "met a friend",
        "lost an umbrella", "bought two tickets", "fixed a flat tire", "painted a picture",
    ),
    "where": (
        "at the station", "by the river", "in the kitchen", "near the bridge", "behind the school",
        "on the front porch", "in the market square", "at the edge of the forest", "on the beach",
        "in a small village", "under the old oak", "at the corner store", "in the town library",
        "along the canal", "on the top floor", "beside the fireplace", "at the county fair",
    ),
    "when": (
        "before sunrise", "last Saturday", "after the concert", "during the storm", "at noon",
        "on the first day of spring", "late in the evening", "two weeks ago", "on New Year's Eve",
        "right after breakfast", "while it was snowing", "early on Sunday", "at the end of June",
        "in the middle of the night", "when the rain stopped", "on the way home",
    ),
    "thing": (
        "the blue bicycle", "a wooden chair", "the garden gate", "an old map", "the kitchen table",
        "a heavy suitcase", "the silver key", "a box of letters", "the broken window", "a warm coat",
        "the yellow boat", "a brass lamp", "the ladder", "a basket of apples", "the radio",
        "a woolen blanket", "the front door", "a set of dishes", "the tent", "an empty bottle",
    ),
    "item": (
        "a warm coat", "a woolen blanket", "the tent", "a set of dishes", "a wooden chair",
        "the radio", "the ladder", "a basket of apples", "an old map", "the blue bicycle",
        "a brass lamp", "some extra plates", "the camera", "a deck of cards",
    ),
    "moved": (
        "carried", "cleaned", "found", "painted", "borrowed", "sold", "forgot", "repaired", "moved",
        "brought back", "gave away", "admired", "photographed", "looked for", "paid for",
    ),
    "food": (
        "vegetable soup", "fresh bread", "apple pie", "fried rice", "roasted corn", "lemon cake",
        "pancakes", "tomato salad", "chocolate cookies", "mashed potatoes", "grilled fish",
        "blueberry jam", "cheese sandwiches", "noodles with mushrooms", "strawberry ice cream",
    ),
    "animal": (
        "a gray cat", "the brown horse", "a flock of geese", "the neighbor's dog", "a family of ducks",
        "a small owl", "the black sheep", "a curious fox", "a pair of rabbits", "the white goat",
        "an enormous turtle", "a red squirrel",
    ),
    "roamed": (
        "slept", "wandered around", "looked for food", "hid from the wind", "made a lot of noise",
        "watched us quietly", "ran in circles", "rested in the shade", "built a nest",
    ),
    "weather": (
        "cold and windy", "sunny but cool", "hot and humid", "gray and quiet", "surprisingly warm",
        "foggy until ten", "dry for the season", "too wet for a picnic", "perfect for sailing",
    ),
    "plan": (
        "visit the science museum", "learn to play chess", "plant some tulips", "go camping",
        "take the early train", "watch the parade", "build a bookshelf", "write a long letter",
        "rent a small cottage", "bake bread at home", "climb the hill", "join the choir",
        "see the harbor lights", "sort the old photographs", "repaint the fence", "try the new cafe",
    ),
    "price": ("four", "seven", "twelve", "fifteen", "twenty", "thirty", "forty", "ninety"),
    "event": (
        "the meeting", "the football game", "the school play", "the art show", "the wedding",
        "the boat race", "the farmers' market", "the book sale", "the film festival", "the lecture",
        "the dance class", "the train to the coast", "the flower show", "the town election",
    ),
    "happened": (
        "was longer than anyone expected", "starts half an hour later", "drew a very large crowd",
        "was moved to next Thursday", "ended with loud applause", "had to be called off",
        "made the front page", "was better than last year", "is open to everyone",
        "went on until midnight",
    ),
    "reason": (
        "because the road was closed", "since nobody had a key", "although it was getting dark",
        "because the bakery was full", "even though tickets were expensive", "to save some money",
        "as the bus was running late", "because the music was so loud", "before anyone noticed",
        "so that the children could sleep", "without asking for help", "despite the heavy traffic",
    ),
    "topic": (
        "the history of sailing ships", "life on a mountain farm", "famous painters", "steam trains",
        "the night sky", "growing tomatoes", "ancient castles", "the first airplanes", "wild bees",
        "deep sea fishing", "street music", "desert travel", "bridges around the world",
    ),
}  # fmt: skip
FRAMES = (
    "<who> <did> <where> <when>",
    "<when> <who> <did> <where>",
    "<who> <moved> <thing> <reason>",
    "<who> <moved> <thing> and then <did>",
    "<animal> <roamed> <where> <when>",
    "we saw <animal> that <roamed> <where>",
    "<who> wants to <plan> and <plan>",
    "would you rather <plan> or <plan> this weekend",
    "<who> promised to <plan> after <event>",
    "<event> <happened>, and <who> <did>",
    "it was <weather>, so <who> decided to <plan>",
    "the weather was <weather> when <who> <moved> <thing>",
    "<who> made <food> for everyone <where>",
    "can you bring <food> and <item> to <event>",
    "<who> paid <price> dollars for <thing> <when>",
    "there were about <price> people <where> <when>",
    "I read a book about <topic> <when>",
    "<who> gave a talk about <topic> <where>",
    "please put <item> away before <event>",
    "<who> has never tasted <food> or <food>",
    "nobody knew why <who> <moved> <thing> <when>",
    "<who> thinks that <event> <happened>",
    "we ate <food> <where> while <animal> <roamed>",
    "only <price> of us could <plan> <reason>",
)


def sentences(seed: int = SEED, count: int = SENTENCES) -> list[str]:
    """Return so many different sentences of five words or more, a word at most once a sentence."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    for turn in range(100 * count):
        text, words = _filled(FRAMES[turn % len(FRAMES)], rng)
        if len(set(words)) == len(words) and len(text.split()) >= 5:
            mark = "?" if text.startswith(("would", "can")) else "."
            found[text[0].upper() + text[1:] + mark] = None
        if len(found) == count:
            break
    return list(found)


def _filled(frame: str, rng: np.random.Generator) -> tuple[str, list[str]]:
    """Fill a frame; give it with what was drawn."""
    names = SLOT.findall(frame)
    words = [WORDS[name][rng.integers(len(WORDS[name]))] for name in names]
    drawn = iter(words)
    return SLOT.sub(lambda _: next(drawn), frame), words


def main() -> None:
    """Write the sentences, one a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="text file, a sentence a line")
    out: Path = parser.parse_args().out
    out.write_text("\n".join(sentences()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
