"use strict";
// Of each page that a command serves: what it posts, and texts as records take them.

// A text without control characters, which no record takes.
function plain(text) {
  return text.replace(/\p{Cc}/gu, " ").trim();
}

function say(sentence) {
  document.getElementById("message").textContent = sentence;
}

function made(name, kind, text) {
  const element = document.createElement(name);
  if (name === "button") element.type = "button";
  if (kind) element.className = kind;
  element.textContent = text;
  return element;
}

async function ask(what, body) {
  let answer;
  try {
    answer = await fetch(what, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("Not saved: the command that serves this page has ended. Start it again.");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error ?? `Not saved: status ${answer.status}.`);
  return found;
}
