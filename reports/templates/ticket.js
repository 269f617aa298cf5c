"use strict";
const button = document.getElementById("copy");
const summary = document.getElementById("summary");
const status = document.getElementById("copied");
const reveal = (element) => element?.closest("details")?.setAttribute("open", "");
const select = () => {
  reveal(summary);
  getSelection().selectAllChildren(summary);
  status.textContent = document.execCommand("copy") ? "Copied." : "Selected below: copy it.";
};
button.hidden = false;
button.addEventListener("click", () => {
  const copied = navigator.clipboard?.writeText(summary.textContent) ?? Promise.reject();
  copied.then(() => (status.textContent = "Copied."), select);
});
const arrive = () => reveal(document.getElementById(location.hash.slice(1)));
addEventListener("hashchange", arrive);
arrive();
