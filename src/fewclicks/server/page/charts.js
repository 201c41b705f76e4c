/** Charts, by the Plotly script of the installed package; fetched when the first is wanted. */

const SCRIPT = "plotly.min.js";
const CONFIG = { displayModeBar: false, responsive: true };
const dark = matchMedia("(prefers-color-scheme: dark)");

/** @type {Promise<any> | undefined} */
let fetched;

/** @returns {Promise<any>} Plotly; rejects when its script cannot be had, and may be asked again */
function plotly() {
  fetched ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      fetched = undefined;
      script.remove();
      reject(new Error(SCRIPT));
    };
    document.head.append(script);
  });
  return fetched;
}

/** @returns {Record<string, string>} the page's colours as they are now, by the names style.css has */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "soft", "line", "surface", "accent", "tint", "misfit", "model"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** What all charts have in common: the page's type and colours, and no frame of their own. */
function common() {
  const { ink, soft, line, surface } = palette();
  const font = { family: getComputedStyle(document.body).fontFamily, size: 13, color: soft };
  const axis = { gridcolor: line, linecolor: line, zeroline: false, automargin: true, fixedrange: true };
  return {
    font, axis,
    layout: {
      font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
      margin: { l: 8, r: 8, t: 8, b: 8 }, hovermode: "closest", dragmode: false,
      hoverlabel: { bgcolor: surface, bordercolor: line, font: { ...font, color: ink } },
    },
  };
}

/**
 * A chart that is drawn anew when its figures or the colours of the page change.
 *
 * @param {HTMLElement} element that it fills
 * @param {(tools: {colors: Record<string, string>, axis: object}) => {data: object[], layout: object}} describe
 */
export function createChart(element, describe) {
  async function draw() {
    const Plotly = await plotly();
    if (!element.isConnected || !element.checkVisibility()) return;
    const { axis, layout } = common();
    const wanted = describe({ colors: palette(), axis });
    await Plotly.react(element, wanted.data, { ...layout, ...wanted.layout }, CONFIG);
  }

  dark.addEventListener("change", () => void draw().catch(() => undefined));
  return { draw };
}
