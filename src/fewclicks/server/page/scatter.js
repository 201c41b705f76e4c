/**
 * Points on a canvas by WebGL: a million are drawn in one call. Written out here because the charts'
 * library compiles its shaders' callers from text, which the page's content policy forbids.
 */

import { h } from "./dom.js";

const VERTEX = `
attribute vec2 place;
attribute vec4 color;
uniform vec4 view;
uniform float size;
varying vec4 shown;
void main() {
  vec2 at = (place - view.xy) * view.zw;
  gl_Position = vec4(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0);
  gl_PointSize = size;
  shown = color;
}`;

const FRAGMENT = `
precision mediump float;
varying vec4 shown;
void main() {
  vec2 from = gl_PointCoord - 0.5;
  if (dot(from, from) > 0.25) discard;
  gl_FragColor = vec4(shown.rgb * shown.a, shown.a);
}`;

/** How far one can zoom in. */
const DEEPEST = 200;

/** @typedef {import("./points.js").Place} Place */

/** @returns the canvas and what can be done with it; null where there is no WebGL */
export function createScatter() {
  const canvas = h("canvas", { class: "scatter", "aria-hidden": "true" });
  const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true });
  if (!gl) return null;
  const program = linked(gl);
  const [places, colors] = [gl.createBuffer(), gl.createBuffer()];
  const view = { x: 0, y: 0, zoom: 1 };
  let n = 0;
  let asked = false;
  /** @type {() => void} */
  let moved = () => undefined;

  /** @returns {{width: number, height: number, side: number}} in px of the page */
  function extent() {
    const { clientWidth: width, clientHeight: height } = canvas;
    return { width, height, side: Math.max(1, Math.min(width, height)) };
  }

  /** @returns {[number, number, number, number]} top left on the plane, and parts of the canvas to one of it */
  function frame() {
    const { width, height, side } = extent();
    const unit = side * view.zoom;
    return [view.x - (width / unit - 1 / view.zoom) / 2, view.y - (height / unit - 1 / view.zoom) / 2, unit / width, unit / height];
  }

  function draw() {
    asked = false;
    const ratio = devicePixelRatio || 1;
    const { width, height } = extent();
    if (width === 0 || height === 0) return;
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4f(gl.getUniformLocation(program, "view"), ...frame());
    const size = Math.sqrt((0.35 * width * height) / Math.max(1, n)) * Math.sqrt(view.zoom);
    gl.uniform1f(gl.getUniformLocation(program, "size"), ratio * Math.max(2, Math.min(12, size)));
    gl.drawArrays(gl.POINTS, 0, n);
  }

  function redraw() {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  }

  /** @param {WebGLBuffer | null} buffer @param {ArrayBufferView} data @param {string} name @param {number} size @param {number} type */
  function fill(buffer, data, name, size, type) {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    const at = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, type, type === gl.UNSIGNED_BYTE, 0, 0);
    redraw();
  }

  function settle() {
    view.zoom = Math.max(1, Math.min(DEEPEST, view.zoom));
    const most = 1 - 1 / view.zoom;
    view.x = Math.max(0, Math.min(most, view.x));
    view.y = Math.max(0, Math.min(most, view.y));
    redraw();
    moved();
  }

  new ResizeObserver(() => (redraw(), moved())).observe(canvas);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  return {
    element: canvas,
    /** @param {Float32Array} found x and y of each point in turn, in [0, 1] */
    setPlaces(found) {
      n = found.length / 2;
      fill(places, found, "place", 2, gl.FLOAT);
    },
    /** @param {Uint8Array} found red, green, blue and opacity of each point in turn */
    setColors: (found) => fill(colors, found, "color", 4, gl.UNSIGNED_BYTE),
    /** @param {number} x px from the left of the canvas @param {number} y @returns {Place} on the plane */
    toPlane(x, y) {
      const [left, top, wide, high] = frame();
      const { width, height } = extent();
      return { x: left + x / width / wide, y: top + y / height / high };
    },
    /** @param {Place} place @returns {Place} px on the canvas */
    toCanvas({ x, y }) {
      const [left, top, wide, high] = frame();
      const { width, height } = extent();
      return { x: (x - left) * wide * width, y: (y - top) * high * height };
    },
    /** @returns {number} px of the canvas to one of the plane */
    unit: () => extent().side * view.zoom,
    /** @param {number} times @param {Place} fixed what stays where it is */
    zoom(times, fixed) {
      const before = view.zoom;
      view.zoom = Math.max(1, Math.min(DEEPEST, before * times));
      const kept = before / view.zoom;
      view.x = fixed.x - (fixed.x - view.x) * kept;
      view.y = fixed.y - (fixed.y - view.y) * kept;
      settle();
    },
    /** @param {number} dx px @param {number} dy */
    pan(dx, dy) {
      view.x -= dx / (extent().side * view.zoom);
      view.y -= dy / (extent().side * view.zoom);
      settle();
    },
    fit() {
      Object.assign(view, { x: 0, y: 0, zoom: 1 });
      settle();
    },
    /** @param {() => void} listener told when what is in sight has changed */
    onMoved: (listener) => void (moved = listener),
  };
}

/** @typedef {NonNullable<ReturnType<typeof createScatter>>} Scatter */

/** @param {WebGLRenderingContext} gl @returns {WebGLProgram} in use */
function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  return program;
}
