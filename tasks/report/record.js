// Shows a sentence at a time, records it, checks the take as the server does, and posts what is kept.

const data = JSON.parse(document.getElementById("data").textContent);
const { limits, faults } = data;
const RAW = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const reading = document.getElementById("reading");
const form = document.getElementById("begin");
let work = null; // what the server has of this speaker: who it is, what is left, how far all are
let left = []; // sentences that are left, the one that is shown first
let audio = null; // the browser's sound, once it was asked for
let recording = null; // what is recorded now
let take = null; // a recording of the sentence shown that is fit
let busy = false; // while the microphone opens, a take is made of a recording, or one is saved

function field(name) {
  return document.getElementById(name);
}

function show() {
  const [script] = left;
  field("about").textContent = script ? `${script.term}: ${script.entity_category}, ${script.context_type}` : "";
  field("script").textContent = script?.text ?? "Every sentence is recorded or skipped. You may close this page.";
  state(script ? "Record, wait for “Read now”, and read." : "");
  buttons();
  progress();
  reading.focus({ preventScroll: true });
}

function state(sentence) {
  field("state").textContent = sentence;
}

function buttons() {
  const script = left.length > 0;
  field("record").textContent = recording ? "Stop" : "Record";
  field("record").disabled = busy || !script || Boolean(take);
  field("play").disabled = field("keep").disabled = field("repeat").disabled = busy || !take;
  field("skip").disabled = busy || Boolean(recording) || !script;
  reading.dataset.state = busy ? "busy" : recording ? "recording" : take ? "take" : "ready";
  reading.classList.toggle("live", Boolean(recording));
}

function meter(peak) {
  field("level").value = Math.max(0, 1 + Math.log10(Math.max(peak, 1e-9)) / 3); // 60 dB wide
}

async function record() {
  if (busy || recording || !left.length) return;
  forget();
  say("");
  busy = true;
  state("The microphone is being opened.");
  buttons();
  try {
    if (!audio) {
      const context = new AudioContext();
      await context.audioWorklet.addModule("microphone.js");
      audio = context;
    }
    await audio.resume();
    listen(await navigator.mediaDevices.getUserMedia({ audio: RAW }));
  } catch (error) {
    state("");
    say(`The microphone cannot be used: ${error.message}. Allow it for this page in the browser.`);
  }
  busy = false;
  buttons();
}

// Take in what the microphone gives, until it is stopped, too long, or silent for too long.
function listen(stream) {
  const source = audio.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(audio, "microphone", { channelCount: 1, channelCountMode: "explicit" });
  const now = { stream, source, node, blocks: [], seconds: 0, loudest: 0, shown: 0 };
  recording = now;
  node.port.onmessage = ({ data: block }) => {
    if (recording !== now) return;
    if (!now.blocks.length) state("Read now, then stop.");
    const peak = block.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    now.blocks.push(block);
    now.seconds += block.length / audio.sampleRate;
    now.loudest = Math.max(now.loudest, peak);
    now.shown = Math.max(peak, now.shown * 0.97);
    meter(now.shown);
    reading.dataset.seconds = field("seconds").textContent = now.seconds.toFixed(1);
    const mute = now.loudest < limits.silent && now.seconds > limits.silent_seconds;
    if (mute || now.seconds > limits.most_seconds) stop();
  };
  source.connect(node).connect(audio.destination); // it stays silent there: the block is not passed on
}

async function stop() {
  const { stream, source, node, blocks } = recording;
  recording = null;
  busy = true;
  node.port.onmessage = null;
  source.disconnect();
  node.disconnect();
  for (const track of stream.getTracks()) track.stop();
  meter(0);
  field("seconds").textContent = "";
  buttons();
  try {
    const samples = await resampled(joined(blocks), audio.sampleRate);
    const fault = faultOf(samples, left[0].words);
    if (fault) {
      state("Not taken: record it again.");
      say(`${faults[fault][0].toUpperCase()}${faults[fault].slice(1)}.`);
    } else {
      const wav = new Uint8Array(wavOf(samples, limits.rate_hz));
      take = { wav, url: URL.createObjectURL(new Blob([wav], { type: "audio/wav" })) };
      field("clip").src = take.url;
      state("Play it, then keep or repeat it.");
    }
  } catch (error) {
    state("Not taken: record it again.");
    say(`The recording cannot be used: ${error.message}`);
  }
  busy = false;
  buttons();
}

function joined(blocks) {
  const all = new Float32Array(blocks.reduce((size, block) => size + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

// Samples of any rate as PCM16 of 16 kHz. Reading a WAV filters what the lower rate cannot hold, which
// playing a buffer in a context of that rate does not do everywhere.
async function resampled(samples, rate) {
  if (!samples.length) return new Int16Array(0);
  const context = new OfflineAudioContext(1, 1, limits.rate_hz);
  const sound = await context.decodeAudioData(wavOf(pcm(samples), rate));
  return pcm(sound.getChannelData(0));
}

function pcm(samples) {
  return Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32767));
}

function wavOf(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, n) => view.setInt16(44 + 2 * n, sample, true));
  return view.buffer;
}

// The rules of take_fault in tasks/recordings/record.py.
function faultOf(samples, words) {
  if (samples.length < limits.frame) return "short";
  const loudness = [];
  for (let start = 0; start + limits.frame <= samples.length; start += limits.frame) {
    const frame = samples.subarray(start, start + limits.frame);
    const power = frame.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / limits.frame;
    loudness.push(Math.sqrt(power));
  }
  const loudest = Math.max(...loudness);
  const quiet = [...loudness].sort((a, b) => a - b)[Math.floor(limits.quiet_share * loudness.length)];
  const isSpoken = (one) => one >= limits.spoken * loudest;
  const frames = loudness.findLastIndex(isSpoken) - loudness.findIndex(isSpoken) + 1;
  const seconds = samples.length / limits.rate_hz;
  const most = limits.most_seconds_a_word * words + limits.most_seconds_beside;
  const clipped = samples.filter((sample) => Math.abs(sample) >= limits.clipped * 32768).length;
  if (loudest < limits.silent) return "silent";
  if (clipped / samples.length > limits.clipped_share) return "clipped";
  if (loudest < limits.over_noise * quiet) return "noisy";
  if (seconds > Math.min(most, limits.most_seconds)) return "long";
  if ((frames * limits.frame) / limits.rate_hz < limits.least_seconds_a_word * words) return "short";
  if (Math.max(loudness[0], loudness.at(-1)) > limits.cut * loudest) return "cut";
  return "";
}

function forget() {
  field("clip").pause();
  field("clip").removeAttribute("src");
  if (take) URL.revokeObjectURL(take.url);
  take = null;
}

function play() {
  if (!take || busy) return;
  field("clip").currentTime = 0;
  field("clip").play().catch((error) => {
    if (error.name !== "AbortError") say(`The recording does not play: ${error.message}`);
  });
}

async function keep() {
  if (!take || busy) return;
  busy = true;
  buttons();
  const { term, text } = left[0];
  try {
    const answer = await ask("keep", { speaker: work.speaker, term, text, wav: base64(take.wav) });
    forget();
    say("");
    const there = new Set(answer.left.map((one) => one.text));
    left = left.slice(1).filter((one) => there.has(one.text)); // in this order, without what was skipped
    work = answer;
    busy = false;
    show();
  } catch (error) {
    busy = false;
    say(error.message);
    buttons();
  }
}

function base64(bytes) {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(letters);
}

function skip() {
  if (busy || recording || !left.length) return;
  forget();
  say("");
  left.shift();
  show();
}

function progress() {
  const { terms, speakers } = work.progress;
  const own = speakers.find((one) => one.name === work.speaker)?.rows ?? 0;
  const all = speakers.reduce((sum, one) => sum + one.rows, 0);
  field("progress").textContent = `${own} recorded by you, ${work.left.length} left; ${all} by all`;
  fill("by-speaker", speakers.map((one) => [one.name, one.rows]));
  fill("by-term", terms.map((one) => [one.term, one.own, one.all]));
  field("how-far").hidden = false;
}

function fill(table, rows) {
  const lines = rows.map(([name, ...counts]) => {
    const row = document.createElement("tr");
    const head = made("th", "", name);
    head.scope = "row";
    row.append(head, ...counts.map((count) => made("td", "n", String(count))));
    return row;
  });
  document.querySelector(`#${table} tbody`).replaceChildren(...lines);
}

async function begin() {
  say("");
  try {
    work = await ask("begin", {
      name: plain(field("speaker").value),
      accent: plain(field("accent").value),
      age_band: field("age").value,
      agreed: field("agreed").checked,
    });
  } catch (error) {
    say(error.message);
    return;
  }
  left = work.left;
  form.hidden = true;
  reading.hidden = false;
  show();
}

// Who agreed before is not asked again.
function known() {
  const name = plain(field("speaker").value);
  const agreed = data.speakers.some((one) => one.name === name && one.agreed);
  field("new-speaker").hidden = agreed;
  field("agreed").required = !agreed;
  return agreed;
}

const toggle = () => (recording ? busy || stop() : take ? play() : record());
const again = () => take && record();
const KEYS = { " ": toggle, Enter: keep, r: again, s: skip };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || reading.hidden) return;
  const key = KEYS[event.key];
  const pressed = event.target.matches("button, summary") && [" ", "Enter"].includes(event.key); // its own meaning
  if (!key || pressed) return;
  event.preventDefault();
  if (!event.repeat) key();
});

for (const [name, act] of Object.entries({ record: toggle, play, keep, repeat: again, skip })) {
  field(name).addEventListener("click", () => {
    reading.focus({ preventScroll: true });
    act();
  });
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
field("speaker").addEventListener("input", known);
window.addEventListener("beforeunload", (event) => {
  if (take || recording) event.preventDefault();
});
field("speaker").value = data.speaker;
if (known()) begin();
else field(data.speaker ? "accent" : "speaker").focus();
