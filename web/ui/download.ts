/** Hands bytes that are already here to the browser as a file. */
export function downloadZip(file: { readonly fileName: string; readonly base64: string }): void {
  const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = file.fileName;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the bytes by the next turn of its loop.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
