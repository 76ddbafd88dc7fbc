// Steps refer to each other by name. When a name changes, the choices made of names are
// fetched again; nothing else of the form is touched, so that typing goes on undisturbed.
async function follow(form) {
  const data = new FormData(form);
  data.set("do", "refresh");
  const answer = await fetch(form.action, { method: "POST", body: data });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-follows-names]")) {
    const now = fresh.getElementById(old.id);
    if (now && !old.contains(document.activeElement)) old.replaceWith(now);
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && event.target.matches("[data-names]")) follow(form).catch(() => {});
});
