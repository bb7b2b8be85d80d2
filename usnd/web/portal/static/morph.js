// Makes an element what another one is, and keeps what is the same: so the focus stays, and what was unfolded.
//
// Children with an id are found by it, the others by their place. One that stays is never moved: that would take its
// focus away; what stands before it and is not wanted goes.

const KEPT = new Set(["open", "tabindex"]); // what people and this page set, and the server does not

export function morph(there, wanted) {
  if (there.nodeType !== Node.ELEMENT_NODE) {
    if (there.nodeValue !== wanted.nodeValue) there.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name, value } of wanted.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  for (const { name } of [...there.attributes]) if (!wanted.hasAttribute(name) && !KEPT.has(name)) there.removeAttribute(name);
  const known = new Map([...there.children].filter((one) => one.id).map((one) => [one.id, one]));
  const stays = new Set([...wanted.children].map((one) => one.id));
  let at = there.firstChild;
  for (const child of [...wanted.childNodes]) {
    let same = child.id ? known.get(child.id) : at && !at.id ? at : null;
    if (same && child.id) {
      while (at !== same && at && !(at.id && stays.has(at.id))) at = gone(at);
      if (at !== same) there.insertBefore(same, at);
    }
    if (same?.nodeName !== child.nodeName) same = null;
    if (same) {
      at = same.nextSibling;
      morph(same, child);
    } else {
      there.insertBefore(child, at);
    }
  }
  while (at) at = gone(at);
}

function gone(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
