// What a page does beyond its forms: copies a PIN, and looks again how far an import is. All works without it.
for (const button of document.querySelectorAll("button[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const told = document.getElementById(button.dataset.tells);
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    told.textContent = told.dataset.text;
  });
}
const works = document.querySelector("[data-looks-again]");
if (works) {
  setTimeout(() => location.reload(), 1000 * works.dataset.looksAgain);
}
