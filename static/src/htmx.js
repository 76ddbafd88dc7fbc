import htmx from "htmx.org";

window.htmx = htmx; // its extensions look for it there
htmx.config.allowEval = false; // the content security policy forbids it anyway
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // pages may show what another person must not see

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
});

// Signed out meanwhile: the answer is the sign-in page, which is no piece of this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL, location.href).pathname === "/sign-in") {
    event.detail.shouldSwap = false;
    location.reload();
  }
});

// A refused form comes back as 4xx with its errors in it: show it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 400 || event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

export default htmx;
