// A button to copy each field of a sheet. Without it the words are marked and copied by hand.
for (const sheet of document.querySelectorAll("[data-copy]")) {
  for (const field of sheet.querySelectorAll("textarea")) {
    const button = document.createElement("button");
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.className = "quiet small";
    button.type = "button";
    button.className = "btn btn-calm";
    button.textContent = sheet.dataset.copy;
    button.setAttribute("aria-label", `${sheet.dataset.copy}: ${field.labels[0].textContent}`);
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy"); // where the page is not served over HTTPS
      }
      said.textContent = sheet.dataset.copied;
    });
    const row = document.createElement("div");
    row.className = "copying";
    row.append(button, said);
    field.after(row);
  }
}
