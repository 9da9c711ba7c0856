// Keyboard, selection, dialogs, the undo countdown and copying. Every decision works without this file, by plain forms
// and links; nothing here decides anything. htmx replaces parts of the page; no style attribute and no inline script is
// ever written, because the content security policy forbids both.
(() => {
  "use strict";
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  root.classList.add("scripted-page");

  // Saying something

  const tip = find("#tip");
  let tipTimer;
  function showTip(text, beside) {
    if (!tip || !text) return;
    tip.textContent = text;
    tip.showPopover();
    place(tip, beside);
    clearTimeout(tipTimer);
    tipTimer = setTimeout(() => tip.hidePopover(), 6000);
  }

  // Popovers stand beside what opened them, inside the window. Styles set from here are no style attributes.
  function place(pop, opener) {
    const at = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = pop;
    const room = 8;
    const below = at.bottom + 4 + height < innerHeight || at.top < height;
    const start = at.left + width + room < innerWidth ? at.left : at.right - width;
    pop.style.inset = "auto";
    const top = below ? at.bottom + 4 : at.top - height - 4;
    pop.style.top = `${Math.max(room, Math.min(top, innerHeight - height - room))}px`;
    pop.style.left = `${Math.max(room, Math.min(start, innerWidth - width - room))}px`;
  }

  document.addEventListener("toggle", (event) => {
    const pop = event.target;
    if (event.newState !== "open" || !pop.matches?.(".pop[id]:not(.drawer)")) return;
    const opener = find(`[popovertarget="${pop.id}"]`);
    if (pop.matches(".find")) find("input", pop).focus();
    else if (opener) place(pop, opener);
  }, true);

  // Rows

  const table = () => find("[data-rows]");
  const rows = () => all("[data-rows] > tbody > tr[data-url]");
  const openRows = () => rows().filter((row) => !row.classList.contains("gone"));
  const current = () => find("[data-rows] tr.here");
  const wide = () => matchMedia("(min-width: 75.0625rem)").matches && find("[data-split]");

  function goTo(row, { focus = true } = {}) {
    if (!row) return;
    all("[data-rows] tr.here").forEach((other) => other.classList.remove("here"));
    row.classList.add("here");
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (wide()) openPanel(row);
  }

  let panelTimer;
  function openPanel(row) {
    const panel = find("#panel");
    if (!panel || panel.dataset.for === row.id) return;
    clearTimeout(panelTimer);
    // A hand that runs down the list should not ask for every row on its way.
    panelTimer = setTimeout(() => {
      find("[data-split]").classList.remove("alone");
      htmx
        .ajax("GET", row.dataset.url, { source: "#panel-loader", target: "#panel", swap: "outerHTML", values: { row: row.id } })
        .catch(() => {}); // told by `failed`
    }, 120);
  }

  function closePanel() {
    const panel = find("#panel");
    if (!panel || !wide() || find("[data-split]").classList.contains("alone")) return false;
    find("[data-split]").classList.add("alone");
    delete panel.dataset.for;
    current()?.focus();
    return true;
  }

  function step(by) {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(current());
    goTo(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, at + by))]);
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-rows] tr[data-url]");
    if (!row || event.target.closest("a:not(.t), button, input, label, .pop")) return;
    const link = event.target.closest("a.t");
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (wide()) {
      event.preventDefault();
      goTo(row);
    } else if (!link) {
      location.assign(row.dataset.url);
    }
  });

  // Selection, with its totals as exact as the server's: amounts stay text and whole numbers of ten-thousandths.

  const PLACES = 4;
  const units = (text) => {
    const [whole, places = ""] = text.replace("-", "").split(".");
    const value = BigInt(whole + places.padEnd(PLACES, "0").slice(0, PLACES));
    return text.startsWith("-") ? -value : value;
  };
  const asText = (value) => {
    const digits = String(value < 0n ? -value : value).padStart(PLACES + 1, "0");
    return `${value < 0n ? "-" : ""}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
  };
  const money = (value, currency) => {
    const { maximumFractionDigits } = new Intl.NumberFormat(root.lang, { style: "currency", currency }).resolvedOptions();
    return new Intl.NumberFormat(root.lang, { minimumFractionDigits: maximumFractionDigits, maximumFractionDigits: PLACES }).format(asText(value));
  };

  // What is ticked stays so from page to page of one list; with filters it is another list. Once everything that matches
  // is selected the server is told the filters, and no rows.
  const boxes = () => all("[data-rows] .c-check input[name=row]");
  const bulk = find("#bulk");
  const listKey = (address) => {
    const { pathname, searchParams } = new URL(address, location.href);
    for (const name of ["cursor", "limit", "sort"]) searchParams.delete(name);
    return `selection:${pathname}?${searchParams}`;
  };
  const stored = (address) => new Map(JSON.parse(sessionStorage.getItem(listKey(address)) ?? "[]"));
  const store = (address, selection) => {
    if (selection.size) sessionStorage.setItem(listKey(address), JSON.stringify([...selection]));
    else sessionStorage.removeItem(listKey(address));
  };
  const keyOf = (value) => value.slice(0, value.lastIndexOf("."));
  let selection = bulk ? stored(location) : new Map();
  let matching = false;
  let lastChecked = null;

  function readBoxes() {
    for (const box of boxes()) {
      const { value, dataset, checked, disabled } = box;
      if (checked && !disabled) selection.set(keyOf(value), { value, amount: dataset.amount, currency: dataset.currency });
      else selection.delete(keyOf(value));
    }
    store(location, selection);
  }
  function tellSelection() {
    if (!bulk) return;
    readBoxes();
    const open = boxes().filter((box) => !box.disabled);
    const ticked = open.filter((box) => box.checked).length;
    boxes().forEach((box) => box.closest("tr").setAttribute("aria-selected", box.checked));
    for (const everything of all("[data-select-all]")) {
      everything.checked = ticked > 0 && ticked === open.length;
      everything.indeterminate = ticked > 0 && !everything.checked;
    }
    const told = find("#selected");
    if (!told) return;
    const most = find("#select-matching");
    if (most) most.hidden = matching || ticked < open.length || Number(most.dataset.rows) <= selection.size;
    find("#select-none").hidden = selection.size === 0;
    told.hidden = selection.size === 0;
    if (matching) return told.replaceChildren(told.dataset.every);
    const sums = new Map();
    for (const { amount, currency } of selection.values()) {
      if (currency) sums.set(currency, (sums.get(currency) ?? 0n) + units(amount));
    }
    told.replaceChildren(`${told.dataset.text} `, strong(selection.size));
    for (const [currency, sum] of sums) told.append(", ", strong(money(sum, currency)), ` ${currency}`);
  }
  function strong(text) {
    const element = document.createElement("b");
    element.textContent = text;
    return element;
  }
  function select(box, checked, range) {
    const list = boxes();
    const from = range && lastChecked ? list.indexOf(lastChecked) : list.indexOf(box);
    const [low, high] = [from, list.indexOf(box)].sort((a, b) => a - b);
    tick(list.slice(Math.max(0, low), high + 1), checked);
    lastChecked = box;
  }
  function tick(list, checked) {
    list.forEach((one) => { if (!one.disabled) one.checked = checked; });
    matching = false;
    tellSelection();
  }
  document.addEventListener("click", (event) => {
    const box = event.target.closest(".c-check input, [data-select-all]");
    if (!box) return;
    if (box.matches("[data-select-all]")) tick(boxes(), box.checked);
    else select(box, box.checked, event.shiftKey);
  });
  // Under a finger a row is ticked by staying on it; the tap that ends it opens nothing.
  const LONG_MS = 500;
  let staying, stayed = false;
  document.addEventListener("pointerdown", (event) => {
    stayed = false;
    const row = event.pointerType === "touch" && !event.target.closest("button, input, label, .pop") && event.target.closest("[data-rows] tr[data-url]");
    const box = row && find(".c-check input", row);
    if (!box || box.disabled) return;
    staying = setTimeout(() => {
      stayed = true;
      select(box, !box.checked, false);
      navigator.vibrate?.(10);
    }, LONG_MS);
  });
  for (const kind of ["pointerup", "pointercancel", "pointermove"]) {
    document.addEventListener(kind, ({ movementX = 0, movementY = 0 }) => {
      if (kind !== "pointermove" || Math.abs(movementX) + Math.abs(movementY) > 4) clearTimeout(staying);
    });
  }
  document.addEventListener("contextmenu", (event) => { if (stayed) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (!stayed) return;
    stayed = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#select-matching, #select-none, [data-select-rows]");
    if (!button) return;
    if (button.id === "select-matching") {
      matching = true;
      return tellSelection();
    }
    if (button.id === "select-none") {
      selection.clear();
      return tick(boxes(), false);
    }
    store(button.href, asSelection(button.dataset.selectRows));
  });
  const asSelection = (values) => new Map(values.split(",").filter(Boolean).map((value) => [keyOf(value), { value }]));
  bulk?.addEventListener("submit", () => {
    const { rows: chosen, all: every } = bulk.elements;
    chosen.value = [...selection.values()].map(({ value }) => value).join();
    chosen.disabled = matching || !selection.size;
    every.disabled = !matching;
  });
  // What could not be decided stays selected in its list.
  find("form[data-bulk]")?.addEventListener("submit", ({ target }) => {
    store(target.elements.next.value, asSelection(target.dataset.left));
  });

  // Decisions

  const offline = () => !navigator.onLine;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const why = button.dataset.why || (offline() && find("#offline p")?.textContent);
    if (!why) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    showTip(why, button);
  }, true);

  function press(act) {
    const row = current();
    const panel = find("#panel");
    const places = [];
    if (row) places.push(row);
    if (!row || panel?.dataset.for === row.id) places.push(...all("[data-decision], .decide"));
    if (act === "u") places.unshift(find("#toasts"));
    const words = ACTS[act].map((word) => `[data-act="${word}"]`).join();
    for (const place of places) {
      const button = place && (find(`[aria-keyshortcuts="${act}"]`, place) ?? find(words, place));
      if (button) return button.click();
    }
  }
  // What a key may press; yes is one key, whether it lets something out or in.
  const ACTS = { a: ["accept", "import"], r: ["reject"], h: ["hold"], c: ["comment"], l: ["link"], n: ["import"], u: ["undo"] };

  // The form below a row, and the dialog

  const dialog = find("#dialog");
  const cancelOf = (form) => form.closest("tr.inline") ?? form.closest("dialog");
  document.addEventListener("click", (event) => {
    const cancel = event.target.closest("[data-cancel]");
    const holder = cancel && cancelOf(cancel);
    if (!holder) return;
    event.preventDefault();
    close(holder);
  });
  function close(holder) {
    if (holder.tagName === "DIALOG") return holder.close();
    const row = document.getElementById(holder.dataset.for);
    holder.remove();
    row?.focus();
  }
  let dialogOpener = null;
  dialog?.addEventListener("close", () => {
    dialog.replaceChildren();
    (document.contains(dialogOpener) ? dialogOpener : current())?.focus();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    // A second press asks for the same form again: it is there already.
    const { elt, target } = event.detail;
    const open = target?.id && elt.matches("a[data-act]") && find(`tr.inline[data-for="${target.id}"]`);
    if (open) {
      event.preventDefault();
      firstField(open)?.focus();
    }
    if (target === dialog) dialogOpener = elt;
  });
  const firstField = (within) => {
    const fields = all("input:not([type=hidden]), select, textarea", within);
    return fields.find((field) => field.matches("[aria-invalid=true]")) ?? fields.find((field) => !field.value) ?? fields[0];
  };

  // Not before htmx has settled: until then a new row wears the classes of the one it replaces, and a new form would
  // be sent the plain way.
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, requestConfig, xhr } = event.detail;
    if (target === dialog && dialog.children.length) {
      if (!dialog.open) dialog.showModal();
      firstField(dialog)?.focus();
    }
    const below = target?.nextElementSibling;
    if (below?.matches?.("tr.inline")) firstField(below)?.focus();
    if (target?.matches?.("tr.inline")) firstField(document.getElementById(target.id) ?? target)?.focus();
    if (requestConfig?.verb === "post" && xhr.status < 400) afterDecision(requestConfig.parameters.row);
  });

  function afterDecision(key) {
    const row = key && document.getElementById(key);
    if (!row) return;
    find(`tr.inline[data-for="${key}"]`)?.remove();
    if (dialog?.open) dialog.close();
    tellSelection();
    if (!row.classList.contains("gone")) return goTo(row);
    const list = rows();
    const rest = list.slice(list.indexOf(row) + 1).concat(list.slice(0, list.indexOf(row)).reverse());
    goTo(rest.find((other) => !other.classList.contains("gone")) ?? row);
  }

  // What could not be loaded says so where it would have been, and can be tried again.

  function failed(event) {
    const { target, elt, requestConfig } = event.detail;
    const pattern = find("#load-failed");
    if (!pattern || !target || target.id === "live" || requestConfig?.verb !== "get") return;
    const notice = pattern.content.cloneNode(true);
    const place = target === dialog || target.id === "panel" ? target : find("#alerts");
    find("[data-retry]", notice).addEventListener("click", () => {
      if (place !== target || target === dialog) place.replaceChildren();
      htmx.trigger(elt, "click");
      if (target.id === "panel" && current()) { delete target.dataset.for; openPanel(current()); }
    });
    place.replaceChildren(notice);
    if (place === dialog && !dialog.open) dialog.showModal();
  }
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);

  for (const kind of ["online", "offline"]) {
    addEventListener(kind, () => { const bar = find("#offline"); if (bar) bar.hidden = !offline(); });
  }

  const again = find("#sign-in-again");

  // What others do meanwhile. The page asks every few seconds and is told what to put in another one's place; a row
  // keeps its focus, and its tick with the version that was ticked.

  let looking = false;
  async function look() {
    const spot = find("#live");
    if (!spot || looking || document.hidden || offline() || again?.open) return;
    looking = true;
    const { url, mark, since, shown = "" } = spot.dataset;
    const seen = rows().filter((row) => row.dataset.version).map((row) => `${row.id}.${row.dataset.version}`);
    const values = { mark, since, shown, rows: seen.join() };
    await htmx.ajax("GET", url, { source: spot, target: spot, swap: "none", values }).catch(() => {});
    looking = false;
  }
  setInterval(look, 4000);
  document.addEventListener("visibilitychange", look);

  // A row that is being decided on here gets its answer by that.
  const deciding = new Set();
  document.addEventListener("htmx:beforeSend", ({ detail }) => {
    if (detail.requestConfig.verb === "post" && detail.target?.id) deciding.add(detail.target.id);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => deciding.delete(detail.target?.id));

  const replaced = new Map();
  const inUse = (place) => place.contains(document.activeElement) || find(":popover-open", place);
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const { target } = detail;
    const row = target.matches?.("tr[data-url]");
    if (row ? deciding.has(target.id) || find(":popover-open", target) : target.matches?.("#side, #tabs") && inUse(target)) {
      detail.shouldSwap = false;
      setTimeout(() => { const spot = find("#live"); if (spot) spot.dataset.mark = ""; });
    } else if (row) {
      const box = find(".c-check input", target);
      const here = target.classList.contains("here");
      replaced.set(target.id, { here, focus: inUse(target), ticked: box?.checked && box.value });
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const [id, { here, focus, ticked }] of replaced) {
      const row = document.getElementById(id);
      const box = row && find(".c-check input", row);
      if (box && ticked && !box.disabled) Object.assign(box, { checked: true, value: ticked });
      if (here) row?.classList.add("here");
      if (focus) row?.focus({ preventScroll: true });
      const panel = find("#panel");
      if (row && panel?.dataset.for === id && !all("input:not([type=hidden]), textarea", panel).some((field) => field.value)) {
        delete panel.dataset.for;
        openPanel(row);
      }
    }
    if (!replaced.size) return;
    replaced.clear();
    tellSelection();
  });

  // Who was signed out meanwhile signs in above the page, and goes on where he was.

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!again || detail.target !== again || detail.xhr.status !== 401) return;
    if (again.open) detail.shouldSwap = false; // the page's own questions must not take the form away
    else again.showModal();
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => { if (again && detail.target === again) firstField(again)?.focus(); });
  document.addEventListener("signed-in", ({ detail }) => {
    if (String(detail.person) !== document.body.dataset.person) return location.reload();
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": detail.token }));
    all("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = detail.token; });
    again.close();
    again.replaceChildren();
    find("#live")?.setAttribute("data-mark", "");
  });

  // Toasts and clocks

  setInterval(() => {
    for (const toast of all(".toast[data-seconds]")) {
      const left = toast.dataset.seconds - 1;
      toast.dataset.seconds = left;
      const shown = find(".left", toast);
      if (shown) shown.textContent = Math.max(0, left);
      if (left <= 0) toast.remove();
    }
    for (const clock of all("[data-elapsed]")) {
      const seconds = Number(clock.dataset.elapsed) + 1;
      clock.dataset.elapsed = seconds;
      const pad = (number) => String(number).padStart(2, "0");
      const minutes = Math.floor(seconds / 60);
      clock.textContent = minutes < 60
        ? `${minutes}:${pad(seconds % 60)}`
        : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
    }
    for (const clock of all("[data-remaining]")) {
      const left = Math.max(0, clock.dataset.remaining - 1);
      clock.dataset.remaining = left;
      clock.textContent = `${left} s`;
    }
  }, 1000);

  // Small buttons

  const copied = (button) => {
    const use = find("use", button);
    if (!use) return;
    const before = use.getAttribute("href");
    use.setAttribute("href", before.replace(/#.*/, "#i-check"));
    setTimeout(() => use.setAttribute("href", before), 1500);
  };
  const text = (button) => {
    const { copy, copyOf, copyLink } = button.dataset;
    if (copyOf) return find(copyOf).innerText;
    return copyLink ? new URL(copyLink, location.href).href : copy;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-of], [data-copy-link], [data-dismiss], [data-close-panel], [data-help]");
    if (!button) return;
    if (button.matches("[data-dismiss]")) return button.closest(".toast").remove();
    if (button.matches("[data-close-panel]")) return closePanel();
    if (button.matches("[data-help]")) return find("#shortcuts").showModal();
    navigator.clipboard?.writeText(text(button)).then(() => copied(button));
  });

  document.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (!event.target.matches("[data-theme-choice]") || !submitter) return;
    event.preventDefault();
    const body = new FormData(event.target, submitter);
    if (submitter.value) root.dataset.theme = submitter.value;
    else delete root.dataset.theme;
    all("button", event.target).forEach((one) => one.setAttribute("aria-pressed", one === submitter));
    fetch(event.target.action, { method: "POST", body, redirect: "manual" });
  });

  // Lines of a record: adding and removing without a round trip. The server numbers them anew.

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-line]");
    const remove = event.target.closest("[data-remove-line]");
    const body = find(".edit-lines tbody");
    if (!body || !(add || remove)) return;
    const pattern = find("#blank-line");
    if (add && pattern) {
      event.preventDefault();
      const next = 1 + Math.max(-1, ...all("tr[id]", body).map((row) => Number(row.id.match(/-(\d+)$/)?.[1] ?? -1)));
      const holder = document.createElement("template");
      holder.innerHTML = pattern.innerHTML.replaceAll("__n__", next);
      const row = find("tr", holder.content);
      body.append(row);
      number(body);
      find("input:not([type=hidden]), select", row)?.focus();
    }
    const row = remove?.closest("tr");
    // A line that is stored is marked as removed by the server; a new one only goes.
    if (row && !find("input[name$='-id']", row)) {
      event.preventDefault();
      row.remove();
      number(body);
      find("[data-add-line]")?.focus();
    }
  });
  const number = (body) => all("tr[id]", body).forEach((row, index) => { all("[data-position]", row).forEach((place) => { place.textContent = index + 1; }); });

  // Keyboard

  const KEYS_OFF = "shortcuts-off";
  const keysOn = () => !localStorage.getItem(KEYS_OFF);
  const keysSwitch = find("[data-shortcuts-on]");
  if (keysSwitch) {
    keysSwitch.checked = keysOn();
    keysSwitch.addEventListener("change", () => {
      if (keysSwitch.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
    });
  }
  const typing = (element) =>
    element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

  let going = false;
  function goPlace(letter) {
    const word = { q: "/queue/", m: "/mine/", p: "/problems/" }[letter];
    const link = word && find(`#side a[href*="${word}"]`);
    link?.click();
  }
  function turnView(by) {
    const links = all("#side nav:first-of-type a");
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    links[at + by]?.click();
  }
  function escape() {
    const inline = find("tr.inline");
    if (inline) return close(inline);
    if (closePanel()) return;
    find("[data-back]")?.click();
  }
  let lastEscape = 0;

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.closest?.("dialog, tr.inline") && target.form;
      if (form) { event.preventDefault(); form.requestSubmit(find("button.primary, button.danger", form)); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (key === "Escape") {
      const inline = target.closest?.("tr.inline");
      if (inline) return close(inline);
      if (target.matches?.("input[type=search]")) return target.blur();
      if (typing(target) || find("dialog[open], .pop:popover-open")) return;
      if (event.timeStamp - lastEscape < 600) find("[data-clear]")?.click();
      lastEscape = event.timeStamp;
      return escape();
    }
    if (!keysOn() || typing(target) || find("dialog[open]")) return;
    if (going) {
      going = false;
      return goPlace(key);
    }
    const row = target.closest?.("[data-rows] tr");
    const run = {
      j: () => step(1),
      k: () => step(-1),
      ArrowDown: row && (() => step(1)),
      ArrowUp: row && (() => step(-1)),
      Enter: row === target && (() => location.assign(row.dataset.url)),
      x: () => { const box = current() && find(".c-check input", current()); if (box) select(box, !box.checked, false); },
      X: () => { const box = current() && find(".c-check input", current()); if (box) select(box, true, true); },
      g: () => { going = true; setTimeout(() => { going = false; }, 1200); },
      "/": () => find("#search")?.focus(),
      "?": () => find("#shortcuts")?.showModal(),
      "[": () => turnView(-1),
      "]": () => turnView(1),
    }[key] ?? (ACTS[key] ? () => press(key) : /^[1-9]$/.test(key) ? () => all(".tabs [data-tab]")[key - 1]?.click() : null);
    if (!run) return;
    event.preventDefault();
    run();
  });

  // On a small screen the current view and tab may lie beside the edge.
  for (const here of all("#side a[aria-current], .tabs [aria-current]")) {
    const strip = here.closest(".side, .tabs");
    strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }
  boxes().forEach((box) => { if (selection.has(keyOf(box.value)) && !box.disabled) box.checked = true; });
  tellSelection();
})();
