/* Pictures of one thing: which of them one sees, and a large view with arrows and a closer look. */

const gallery = document.querySelector("[data-gallery]");

if (gallery) {
  const row = gallery.querySelector(".gallery-row");
  const slides = [...gallery.querySelectorAll(".gallery-slide")];
  const thumbs = [...gallery.querySelectorAll(".gallery-thumbs a")];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  gallery.querySelector(".gallery-hint").hidden = false;

  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        const here = slides.indexOf(entry.target);
        thumbs.forEach((thumb, place) => {
          if (place === here) thumb.setAttribute("aria-current", "true");
          else thumb.removeAttribute("aria-current");
        });
      }
    },
    { root: row, threshold: 0.6 },
  );
  if (thumbs.length) slides.forEach((slide) => seen.observe(slide));

  thumbs.forEach((thumb, place) => {
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      row.scrollTo({ left: slides[place].offsetLeft - row.offsetLeft, behavior: still ? "auto" : "smooth" });
    });
  });

  const large = document.createElement("dialog");
  large.className = "gallery-large";
  large.setAttribute("aria-label", gallery.getAttribute("aria-label"));
  const stage = document.createElement("div");
  stage.className = "gallery-stage";
  const picture = document.createElement("img");
  stage.append(picture);
  const bar = document.createElement("div");
  bar.className = "gallery-bar";
  const words = document.createElement("p");
  const press = (sign, label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  };

  // A film plays where it is; only pictures are opened large.
  const links = slides.map((slide) => slide.querySelector(".gallery-open")).filter(Boolean);
  let at = 0;
  const show = (place) => {
    at = (place + links.length) % links.length;
    const link = links[at];
    const small = link.querySelector("img");
    picture.src = link.href;
    picture.alt = small.alt;
    words.textContent = small.alt;
    delete stage.dataset.near;
  };
  const closer = () => {
    if ("near" in stage.dataset) delete stage.dataset.near;
    else stage.dataset.near = "";
  };

  const { back, on, close, closer: look } = gallery.dataset;
  bar.append(words, press("＋", look, closer));
  if (links.length > 1) bar.append(press("‹", back, () => show(at - 1)), press("›", on, () => show(at + 1)));
  bar.append(press("×", close, () => large.close()));
  large.append(stage, bar);
  document.body.append(large);
  stage.addEventListener("click", closer);
  large.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    if (event.key === "ArrowRight") show(at + 1);
  });

  links.forEach((link, place) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(place);
      large.showModal();
    });
  });
}
