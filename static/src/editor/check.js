// Asks the server what is wrong with the text, and says it twice: at the lines, and as text.
export async function check(view, area) {
  const place = document.getElementById(`${area.id}-check`);
  if (!area.value.trim()) {
    tell(place, []);
    return [];
  }
  const data = new FormData(area.form);
  data.set("blueprint", area.dataset.blueprint);
  data.set("field", area.name);
  let problems;
  try {
    const answer = await fetch(area.dataset.check, { method: "POST", body: data });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    problems = (await answer.json()).problems;
  } catch {
    if (place) place.textContent = "Not checked: the server cannot be reached.";
    return [];
  }
  tell(place, problems);
  return problems.map((problem) => diagnostic(view.state.doc, problem));
}

function diagnostic(doc, problem) {
  const line = doc.line(Math.min(Math.max(problem.line ?? 1, 1), doc.lines));
  const indent = line.text.length - line.text.trimStart().length;
  return { from: line.from + indent, to: line.to, severity: "error", message: problem.message };
}

function tell(place, problems) {
  if (!place) return;
  place.closest(".sf-field")?.querySelector(".field-error")?.remove(); // said at the last save
  const lines = problems.map((problem) => {
    const item = document.createElement("li");
    item.textContent = problem.line ? `Line ${problem.line}: ${problem.message}` : problem.message;
    return item;
  });
  const list = document.createElement("ul");
  list.append(...lines);
  place.replaceChildren(...(lines.length ? [list] : []));
}
