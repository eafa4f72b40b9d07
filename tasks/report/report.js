"use strict";
// Filters and sorts the rows, and plays a linked clip in place. The page is whole without it.

const table = document.getElementById("rows");
const form = document.getElementById("filter");
const selects = [...form.querySelectorAll("select")];
const search = form.querySelector("input");
const status = form.querySelector("[role=status]");
const order = new Intl.Collator("en", { numeric: true });

const rows = [...table.tBodies[0].rows].map((row) => ({
  row,
  cells: [...row.cells].slice(0, 5).map((cell) => cell.textContent.trim()),
  rank: row.cells[1].dataset.rank,
}));

function text(one) {
  one.text ??= one.row.textContent.toLowerCase(); // read when it is first asked for
  return one.text;
}

function filter() {
  const wanted = selects.map((select) => [select.dataset.column, select.value]);
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const one of rows) {
    const matches =
      wanted.every(([column, value]) => !value || one.cells[column] === value) &&
      words.every((word) => text(one).includes(word));
    one.row.hidden = !matches;
    shown += matches;
  }
  status.textContent = `${shown} of ${rows.length} rows are shown.`;
}

function sort(heading) {
  const column = heading.cellIndex;
  const down = heading.ariaSort === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = column === 1 ? (one) => one.rank : (one) => one.cells[column];
  rows.sort((a, b) => (down ? -1 : 1) * order.compare(key(a), key(b)));
  table.tBodies[0].append(...rows.map((one) => one.row));
}

for (const heading of table.tHead.querySelectorAll("[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => sort(heading));
  heading.append(button);
}
for (const select of selects) {
  const values = new Set(rows.map((one) => one.cells[select.dataset.column]));
  for (const value of [...values].sort(order.compare)) select.add(new Option(value));
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
status.textContent = `${rows.length} of ${rows.length} rows are shown.`;

table.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-label]");
  if (!link) return;
  event.preventDefault();
  const player = document.createElement("audio");
  player.controls = true;
  player.src = link.href;
  player.ariaLabel = link.dataset.label;
  link.replaceWith(player);
  player.focus();
  player.play();
});
