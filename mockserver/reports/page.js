// Copies the command beside a button. Without this script the commands can still be selected by hand.
for (const button of document.querySelectorAll("button.copy")) {
  const command = button.parentElement.querySelector("pre");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch {
      getSelection().selectAllChildren(command);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
}
