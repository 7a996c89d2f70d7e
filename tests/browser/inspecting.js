// What must hold on a page besides what axe looks at. Each function answers with sentences about what does not hold.
window.panggon = (() => {
  const said = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
  const shown = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    getComputedStyle(element).clipPath === "none" &&
    !element.closest(".visually-hidden, [aria-hidden=true]");
  const controls = () => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")].filter(shown);

  // Nothing wider than the window, no text cut off, nothing on top of something else.
  const fits = () => {
    const faults = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
      const wide = [...document.querySelectorAll("body *")].filter((one) => shown(one) && one.getBoundingClientRect().right > width + 1 && !one.closest("[tabindex='0']"));
      faults.push(`scrolls sideways (${document.documentElement.scrollWidth} px): ${wide.length ? said(wide.at(-1)) : ""}`);
    }
    for (const element of document.querySelectorAll("main *, header *, footer *")) {
      const style = getComputedStyle(element);
      const cut = /hidden|clip/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1;
      if (cut && shown(element) && element.innerText && element.innerText.trim()) faults.push(`text is cut off: ${said(element)}`);
    }
    const boxes = controls().flatMap((one) => [...one.getClientRects()].map((box) => [one, box]));
    boxes.forEach(([one, a], index) => {
      for (const [other, b] of boxes.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 2 && down > 2 && !one.contains(other) && !other.contains(one)) faults.push(`overlaps: ${said(one)} and ${said(other)}`);
      }
    });
    return faults;
  };

  // Whether the keyboard comes to every control, and one sees that it is there.
  const focus = () => {
    const faults = [];
    for (const element of controls()) {
      if (element.tabIndex < 0) { if (element.id !== "isi") faults.push(`the keyboard does not reach ${said(element)}`); continue; }
      if (element.disabled) continue;
      element.focus();
      if (document.activeElement !== element) { faults.push(`takes no focus: ${said(element)}`); continue; }
      const marked = [element, element.nextElementSibling].some((one) => one && getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) >= 2);
      if (!marked) faults.push(`focus is not seen: ${said(element)}`);
      const box = element.getClientRects()[0];
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      if (top && top !== element && !element.contains(top) && !top.contains(element) && !(element.labels && [...element.labels].some((label) => label.contains(top)))) faults.push(`is hidden while it has the focus: ${said(element)} by ${said(top)}`);
    }
    document.activeElement.blur();
    window.scrollTo(0, 0);
    return faults;
  };
  // Where the Tab key leads, noted while it is pressed.
  const way = [];
  document.addEventListener("focusin", (event) => way.push(event.target));
  const isOnceAround = () => way.length > 1 && way.at(-1) === way[0];
  const startAgain = () => { document.activeElement.blur(); window.scrollTo(0, 0); way.length = 0; };

  // Once around: to every control, to each once, downwards as one reads, and to all that looks as if it could be clicked.
  const tabs = () => {
    const faults = [];
    const round = isOnceAround() ? way.slice(0, -1) : way;
    const top = Math.max(0, round.indexOf(controls().find((one) => round.includes(one))));  // it may have begun in the middle
    const visited = [...round.slice(top), ...round.slice(0, top)];
    if (!isOnceAround() && controls().length) faults.push(`Tab does not come around; last at ${way.length ? said(way.at(-1)) : "nothing"}`);
    visited.filter((one, index) => visited.indexOf(one) !== index).forEach((one) => faults.push(`Tab comes back too early to ${said(one)}`));
    const isOfVisitedGroup = (one) => one.type === "radio" && visited.some((other) => other.type === "radio" && other.name === one.name && other.form === one.form);
    for (const one of controls()) {
      if (one.tabIndex >= 0 && !one.disabled && !visited.includes(one) && !isOfVisitedGroup(one)) faults.push(`Tab does not come to ${said(one)}`);
    }
    visited.slice(1).forEach((one, index) => {
      const [a, b] = [visited[index], one].map((element) => element.getBoundingClientRect());
      const isHidden = [a, b].some((box) => box.width < 2 || box.height < 2);
      if (!isHidden && b.bottom <= a.top && b.left < a.right) faults.push(`Tab goes up from ${said(visited[index])} to ${said(one)}`);
    });
    for (const one of document.querySelectorAll("body *")) {
      const looksClickable = getComputedStyle(one).cursor === "pointer" && shown(one);
      if (looksClickable && !one.closest("a[href], button, input, select, textarea, summary, label")) faults.push(`looks clickable, and no key comes to it: ${said(one)}`);
    }
    return faults;
  };
  return { fits, focus, tabs, startAgain, isOnceAround };
})();
