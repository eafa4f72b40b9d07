// Plays the clips, takes decisions by key or button, and saves them: at once where the page is
// served, else by a download.

const data = JSON.parse(document.getElementById("data").textContent);
const reviewer = document.getElementById("reviewer");
const saving = document.getElementById("save");
let saved = true;
let pending = null; // what is done once the field in focus has its words
let now = null; // the clip that plays
const unsaved = new Map(); // the last decision on each card, where the page cannot write

const cards = data.cards.map((card, number) => {
  const element = document.getElementById(`card-${number}`);
  return { ...card, element, chosen: 0, standing: 0, heard: card.choices.map(() => new Set()) };
});
let current = cards[0];

function part(card, name) {
  return card.element.querySelector(name);
}

function rowOf(card, index) {
  return card.element.querySelectorAll(".choices li")[index];
}

function shown(outcome) {
  return outcome === "heard" ? "accepted" : outcome;
}

function progress() {
  const count = (outcome) => cards.filter((card) => card.outcome === outcome).length;
  const parts = ["heard", "skipped", "rejected"].map((outcome) => `${count(outcome)} ${shown(outcome)}`);
  const left = cards.filter((card) => !card.outcome).length;
  const waiting = saved ? "" : `, ${unsaved.size} to be saved`;
  document.getElementById("progress").textContent = `${parts.join(", ")}, ${left} of ${cards.length} left${waiting}`;
}

function go(card) {
  if (!card) return;
  current = card;
  card.element.focus({ preventScroll: true });
  card.element.scrollIntoView({ block: "nearest" });
}

function goOn(card) {
  const at = cards.indexOf(card);
  const next = [...cards.slice(at + 1), ...cards.slice(0, at)].find((one) => !one.outcome);
  go(next ?? card);
}

// Play one voice of a choice, and then those after it.
function play(card, index, voice = 0, all = true) {
  stop();
  const buttons = rowOf(card, index).querySelectorAll(".voice");
  if (voice >= buttons.length) return;
  const button = buttons[voice];
  const audio = button.nextElementSibling;
  const follow = () => {
    stop();
    if (all) play(card, index, voice + 1);
  };
  now = { card, index, voice, audio, button };
  button.classList.add("playing");
  audio.currentTime = 0;
  audio.onended = follow;
  audio.onplaying = () => {
    card.heard[index].add(voice);
    button.classList.add("played");
  };
  audio.play().catch((error) => {
    if (error.name !== "AbortError") say(`The clip does not play: ${error.message}`);
  });
}

function stop() {
  if (!now) return;
  now.audio.onended = null;
  now.audio.pause();
  now.button.classList.remove("playing");
  now = null;
}

function playOn(card) {
  const going = now && now.card === card && now.index === card.chosen;
  play(card, card.chosen, going ? now.voice + 1 : 0);
}

function choose(card, index) {
  if (index >= card.choices.length) return;
  card.chosen = index;
  card.element.querySelectorAll(".choose").forEach((button, at) => {
    button.setAttribute("aria-pressed", at === index);
  });
  play(card, index);
}

// Do something once a field has its words: it is asked for in focus, and Enter goes on.
function needs(field, sentence, then) {
  if (plain(field.value)) return false;
  say(sentence);
  pending = then;
  field.focus();
  return true;
}

// Voices of one engine read the same IPA alike, so one of them suffices; by the engine's own rules they may differ.
function enoughPlayed(card) {
  const voices = rowOf(card, card.chosen).querySelectorAll(".voice").length;
  const needed = card.choices[card.chosen].ipa ? 1 : voices;
  return voices > 0 && voices === card.item.voices.length && card.heard[card.chosen].size >= needed;
}

async function decide(card, decision, instead = null) {
  const again = () => decide(card, decision, instead);
  if (needs(reviewer, "Write your name: it is written beside what you decide.", again)) return;
  const reason = part(card, ".reason");
  if (decision === "skipped" && needs(reason, "A skip needs a reason.", again)) return;
  if (decision === "heard" && !enoughPlayed(card)) {
    const voices = card.choices[card.chosen].ipa ? "one voice" : "each voice";
    say(`Listen first: ${card.item.term} is accepted once ${voices} was played.`);
    return;
  }
  say("");
  const index = decision === "heard" ? card.chosen : card.standing;
  const { ipa, source } = card.choices[index];
  const back = ipa && index === 0 && card.standing !== 0; // another IPA was accepted between
  const answer = {
    ...card.item,
    ipa,
    ipa_source: back ? "typed" : source,
    decision,
    reviewer: plain(reviewer.value),
    reason: plain(reason.value),
    instead,
  };
  try {
    const at = `${new Date().toISOString().slice(0, 19)}Z`;
    show(card, data.served ? await ask("decide", answer) : { ...answer, at });
    card.standing = index;
  } catch (error) {
    say(error.message);
  }
}

function show(card, decision) {
  stop();
  card.outcome = decision.decision;
  const ipa = decision.instead ?? (decision.ipa !== card.item.ipa ? decision.ipa : null);
  const state = part(card, ".state");
  const words = [shown(decision.decision), ipa && (decision.instead ? `, asks for ${ipa}` : ` as ${ipa}`)];
  const reason = decision.reason && `: ${decision.reason}`;
  state.textContent = `${words.filter(Boolean).join("")} by ${decision.reviewer} on ${decision.at.slice(0, 10)}${reason}`;
  state.className = `state ${decision.decision}`;
  if (!data.served) {
    unsaved.set(card, decision);
    saved = saving.disabled = false;
  }
  progress();
  goOn(card);
}

// Begin another IPA with the chosen one, so that it can be changed; what is typed replaces it.
function edit(card) {
  const field = part(card, ".typed input");
  field.value ||= card.choices[card.chosen].spoken;
  field.focus();
  field.select();
}

async function type(card) {
  const field = part(card, ".typed input");
  const ipa = normal(field.value);
  if (!ipa) return;
  if (!hasSound(ipa)) {
    say(`Expected a vowel or a consonant in each word of ${ipa}.`);
    return;
  }
  const inventory = data.inventories[card.item.engine];
  const missing = inventory ? unknown(ipa, inventory) : [];
  if (missing.length) {
    say(`${card.item.engine} cannot pronounce ${missing.join(" ")} in ${ipa}.`);
    return;
  }
  if (!data.served) {
    await decide(card, "rejected", ipa);
    return;
  }
  try {
    say("");
    const made = await ask("clips", { ...card.item, ipa, ipa_source: "typed" });
    addChoice(card, ipa, made.clips);
  } catch (error) {
    say(error.message);
  }
}

function addChoice(card, ipa, clips) {
  const index = card.choices.push({ ipa, source: "typed", spoken: ipa }) - 1;
  card.heard.push(new Set());
  const row = document.createElement("li");
  const button = made("button", "choose", "");
  button.append(made("kbd", "", String(index)), " ", made("span", "ipa", ipa), " ", made("span", "why", "typed"));
  const voices = made("span", "voices", "");
  for (const clip of clips) {
    const player = made("button", "voice", clip.voice);
    player.ariaLabel = `Play ${card.item.term}, ${ipa}, voice ${clip.voice}`;
    const audio = document.createElement("audio");
    audio.src = clip.url;
    voices.append(player, audio);
  }
  row.append(button, voices);
  part(card, ".choices").append(row);
  go(card);
  choose(card, index);
}

function save() {
  const record = { schema_version: 1, cycle: data.cycle, decisions: [...data.decisions, ...unsaved.values()] };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(record, null, 2)}\n`], { type: "application/json" }));
  link.download = "audition.json";
  link.click();
  saved = saving.disabled = true;
  progress();
}

const KEYS = {
  j: (card) => go(cards[cards.indexOf(card) + 1]),
  k: (card) => go(cards[cards.indexOf(card) - 1]),
  a: (card) => decide(card, "heard"),
  r: (card) => decide(card, "rejected"),
  s: (card) => decide(card, "skipped"),
  w: () => saving && !saving.disabled && save(),
  "/": edit,
  " ": playOn,
};
KEYS.ArrowDown = KEYS.j;
KEYS.ArrowUp = KEYS.k;

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || at.closest(".suggested")) return;
  if (at.matches("input")) {
    if (event.key === "Escape") {
      pending = null;
      go(current);
    } else if (event.key === "Enter" && !at.closest(".typed")) {
      event.preventDefault();
      const then = at.value.trim() ? pending : null;
      if (then) pending = null;
      go(current);
      then?.();
    }
    return;
  }
  const pressed = event.key === " " && at.matches("button"); // it has its own meaning there
  const key = /^[0-9]$/.test(event.key) ? (card) => choose(card, Number(event.key)) : KEYS[event.key];
  if (!key || pressed || !current) return;
  event.preventDefault();
  key(current);
});

for (const card of cards) {
  card.element.addEventListener("focusin", () => (current = card));
  card.element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest("li");
    if (!button) return;
    const index = [...card.element.querySelectorAll(".choices li")].indexOf(row);
    if (button.matches(".choose")) choose(card, index);
    if (button.matches(".voice")) {
      play(card, index, [...row.querySelectorAll(".voice")].indexOf(button), false);
    }
    if (button.dataset.decision) decide(card, button.dataset.decision);
  });
  part(card, ".typed").addEventListener("submit", (event) => {
    event.preventDefault();
    type(card);
  });
}
for (const row of document.querySelectorAll(".suggested li")) {
  row.querySelector("button").addEventListener("click", async () => {
    const { term } = row.dataset;
    const category = row.querySelector("select").value;
    if (!category) {
      say(`Choose a category for ${term}.`);
      return;
    }
    try {
      await ask("accept", { term, entity_category: category });
      row.remove();
      say(`${term} is in terms.csv; load this page again to listen to it.`);
    } catch (error) {
      say(error.message);
    }
  });
}
saving?.addEventListener("click", save);
window.addEventListener("beforeunload", (event) => {
  if (!saved) event.preventDefault();
});
progress();
go(cards.find((card) => !card.outcome) ?? cards[0]);
