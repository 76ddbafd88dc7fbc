// A form that takes longer than a moment says so on its button, and is not sent twice.
function settle(form) {
  for (const button of form.querySelectorAll("button[data-before]")) {
    button.textContent = button.dataset.before;
    button.disabled = false;
    delete button.dataset.before;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.busy || event.defaultPrevented) return;
  // Later, because a disabled button does not send its value.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) {
      button.dataset.before = button.textContent;
      button.disabled = true;
    }
    const pressed = event.submitter ?? form.querySelector("button");
    if (pressed) pressed.textContent = form.dataset.busy;
  });
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-busy]").forEach(settle);
});
