// Marks, in a chart, what the table under the pointer is made of and what is made of it.
for (const svg of document.querySelectorAll(".chart svg")) {
  const boxes = [...svg.querySelectorAll("a[data-table]")];
  const lines = [...svg.querySelectorAll("path")];
  const mark = (box) => {
    const marked = new Set([box.dataset.table, ...box.dataset.beside.split(" ")]);
    svg.classList.add("marking");
    for (const other of boxes) other.classList.toggle("marked", marked.has(other.dataset.table));
    for (const line of lines)
      line.classList.toggle("marked", marked.has(line.dataset.start) && marked.has(line.dataset.end));
  };
  for (const box of boxes)
    for (const [enter, leave] of [["pointerenter", "pointerleave"], ["focus", "blur"]]) {
      box.addEventListener(enter, () => mark(box));
      box.addEventListener(leave, () => svg.classList.remove("marking"));
    }
}

// Leaves in the lists the tables whose name, or a column's, has all the words that are looked for.
const find = document.getElementById("find");
if (find) {
  const rows = [...document.querySelectorAll("tr[data-words]")];
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.toLowerCase().includes(word));
    for (const section of document.querySelectorAll("section"))
      section.hidden = !section.querySelector("tr[data-words]:not([hidden])");
    const left = rows.filter((row) => !row.hidden).length;
    document.getElementById("found").textContent = words.length ? `${left} of ${rows.length} tables` : "";
  });
}
