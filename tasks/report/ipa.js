"use strict";
// Reads IPA as tasks/benchmark/ipa.py does, for pages that take it from a person.

const SAME = { g: "ɡ", r: "ɹ", "'": "ˈ", "’": "ˈ", ":": "ː", "ʧ": "tʃ", "ʤ": "dʒ" };
for (const mark of "./[]\u035c\u0361\u203f") SAME[mark] = ""; // syllables, brackets, ties

// Write IPA the one way that is compared, as tasks/benchmark/ipa.py does.
function normal(ipa) {
  const plain = [...ipa.normalize("NFD")].map((symbol) => SAME[symbol] ?? symbol).join("");
  return plain.normalize("NFC").trim().split(/\s+/u).join(" ");
}

// Whether each word of an IPA has a vowel or a consonant, and not marks of stress and length alone.
function hasSound(ipa) {
  return ipa.split(" ").every((word) => /\p{Ll}|\p{Lo}|\p{Lt}|\p{Lu}/u.test(word));
}

// The symbols of an IPA that the engine does not have, read from the left, the longest first.
function unknown(ipa, inventory) {
  const known = [...inventory, ..."ˈˌː "].sort((a, b) => b.length - a.length);
  const missing = new Set();
  let rest = ipa;
  while (rest) {
    const symbol = known.find((one) => rest.startsWith(one)) ?? rest.match(/^.\p{M}*/u)[0];
    if (!known.includes(symbol)) missing.add(symbol);
    rest = rest.slice(symbol.length);
  }
  return [...missing];
}
