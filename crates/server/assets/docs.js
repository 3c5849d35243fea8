// Renders openapi.json. Everything is put into the page as text, never as markup.
"use strict";

const METHODS = ["get", "put", "post", "patch", "delete"];
let api;

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

// `code` in backquotes, the rest as it is.
function prose(text) {
  return (text || "").split(/(`[^`]+`)/).map((part) => (/^`.+`$/.test(part) ? h("code", {}, part.slice(1, -1)) : part));
}

function resolve(node) {
  if (!node || !node.$ref) return node || {};
  return node.$ref.split("/").slice(1).reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], api);
}

// What a schema allows, on one line.
function typeOf(schema) {
  const name = schema && schema.$ref && schema.$ref.split("/").pop();
  if (name) return name;
  schema = schema || {};
  const choice = schema.oneOf || schema.anyOf;
  if (choice) return choice.map(typeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [].concat(schema.type || "any").map((type) => {
    if (type === "array") return "array of " + typeOf(schema.items);
    return schema.format && type !== "null" ? `${type} (${schema.format})` : type;
  });
  return types.join(" | ");
}

function limits(schema) {
  const said = [];
  for (const [key, words] of [["minLength", "at least % characters"], ["maxLength", "at most % characters"], ["minimum", "at least %"], ["maximum", "at most %"], ["minItems", "at least %"], ["maxItems", "at most %"]]) {
    if (schema[key] !== undefined) said.push(words.replace("%", schema[key]));
  }
  return said.join(", ");
}

// The example that a schema gives itself.
function given(schema) {
  return schema.example !== undefined ? schema.example : (schema.examples || [])[0];
}

// An example of a schema, where it gives none itself; for a request, of what can be sent.
function sample(schema, request, depth = 0) {
  const found = resolve(schema);
  if (given(found) !== undefined) return given(found);
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  if (depth > 6) return null;
  const choice = (found.oneOf || found.anyOf || []).find((one) => one.type !== "null");
  if (choice) return sample(choice, request, depth + 1);
  if (found.allOf) return Object.assign({}, ...found.allOf.map((one) => sample(one, request, depth + 1)));
  const type = [].concat(found.type).find((one) => one !== "null");
  if (type === "object") {
    const required = new Set(found.required || []);
    const wanted = ([key, value]) => !request || (!resolve(value).readOnly && (required.has(key) || given(resolve(value)) !== undefined));
    return Object.fromEntries(Object.entries(found.properties || {}).filter(wanted).map(([key, value]) => [key, sample(value, request, depth + 1)]));
  }
  if (type === "array") return [sample(found.items, request, depth + 1)];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return found.minimum || 0;
  return found.format === "date-time" ? "2024-01-19T12:45:04.147Z" : "";
}

function exampleOf(media, request) {
  if (media.example !== undefined) return media.example;
  const first = Object.values(media.examples || {})[0];
  return first && first.value !== undefined ? first.value : sample(media.schema, request);
}

function show(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function fields(schema) {
  const found = resolve(schema);
  const properties = Object.entries(found.properties || {});
  if (!properties.length) return undefined;
  const required = new Set(found.required || []);
  return h("details", {}, h("summary", {}, "Fields"), h("table", {}, h("tbody", {}, properties.map(([name, property]) => {
    const inner = resolve(property);
    const items = fields(property) || (inner.items && fields(inner.items));
    return h("tr", {},
      h("td", {}, h("code", { class: required.has(name) ? "required" : undefined }, name)),
      h("td", {}, h("code", {}, typeOf(property))),
      h("td", {}, ...prose(property.description || inner.description), " ", h("small", {}, limits(inner)), items));
  }))));
}

function body(content) {
  return Object.entries(content || {}).map(([type, media]) => [h("p", {}, h("code", {}, type), " ", h("code", {}, typeOf(media.schema))), fields(media.schema), h("pre", {}, show(exampleOf(media)))]);
}

function parameterRow(parameter, inputs) {
  const found = resolve(parameter);
  const schema = resolve(found.schema);
  const example = found.example !== undefined ? found.example : given(schema) !== undefined ? given(schema) : (schema.enum || [])[0];
  const input = h("input", { value: found.required && example !== undefined ? example : "", placeholder: example !== undefined ? example : "", "aria-label": found.name });
  inputs.push([found, input]);
  return h("tr", {},
    h("td", {}, h("code", { class: found.required ? "required" : undefined }, found.name), h("br"), h("small", {}, found.in)),
    h("td", {}, h("code", {}, typeOf(found.schema))),
    h("td", {}, ...prose(found.description), " ", h("small", {}, limits(schema))),
    h("td", {}, input));
}

// The credential that an operation takes, from what was typed at the top.
function authorization(operation) {
  const names = (operation.security || []).flatMap((one) => Object.keys(one));
  const schemes = names.map((name) => resolve(api.components.securitySchemes[name]));
  const key = document.getElementById("key").value.trim();
  const token = document.getElementById("token").value.trim();
  const wants = (test) => schemes.some(test);
  if (key && wants((scheme) => scheme.type === "http" && scheme.scheme === "basic")) return "Basic " + btoa(`${key.split("_")[1]}:${key}`);
  if (key && wants((scheme) => scheme.type === "apiKey" || !/jwt/i.test(scheme.bearerFormat || ""))) return "Bearer " + key;
  if (token && schemes.length) return "Bearer " + token;
  return undefined;
}

function sender(method, path, operation, inputs, editor, type) {
  const output = h("pre", { hidden: true });
  const send = async () => {
    const query = new URLSearchParams();
    const headers = {};
    let url = path;
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value === "") continue;
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else if (parameter.in === "header") headers[parameter.name] = input.value;
    }
    const credential = authorization(operation);
    if (credential) headers.Authorization = credential;
    if (editor) headers["Content-Type"] = type;
    output.hidden = false;
    output.textContent = "…";
    try {
      const where = url.replace(/^\//, "") + (query.size ? `?${query}` : "");
      const answer = await fetch(where, { method: method.toUpperCase(), headers, body: editor ? editor.value : undefined, credentials: "omit" });
      const told = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
      const text = await answer.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON: shown as it came. */ }
      output.textContent = `${answer.status} ${answer.statusText}\n${told}\n\n${shown}`;
    } catch (error) {
      output.textContent = String(error);
    }
  };
  return [h("p", {}, h("button", { type: "button", onclick: send }, "Send")), output];
}

function operationView(method, path, item, operation) {
  const inputs = [];
  const parameters = [...(item.parameters || []), ...(operation.parameters || [])];
  const fill = (into) => {
    const request = resolve(operation.requestBody);
    const kinds = Object.entries(request.content || {});
    const [type, media] = kinds.find(([, one]) => one.example !== undefined) || kinds[0] || [];
    const editor = media && h("textarea", { spellcheck: "false", "aria-label": "Body" });
    if (editor) {
      const example = exampleOf(media, true);
      editor.value = type.includes("form") && typeof example === "object" ? String(new URLSearchParams(example || {})) : show(example);
    }
    into.append(...[
      h("p", {}, ...prose(operation.description)),
      parameters.length ? h("table", {}, h("tbody", {}, parameters.map((parameter) => parameterRow(parameter, inputs)))) : undefined,
      media ? h("h4", {}, "Body ", h("code", {}, type)) : undefined,
      media ? fields(media.schema) : undefined,
      editor,
      ...sender(method, path, operation, inputs, editor, type),
      h("h4", {}, "Answers"),
      ...Object.entries(operation.responses || {}).map(([status, answer]) => {
        const found = resolve(answer);
        return h("details", {}, h("summary", {}, h("code", {}, status), " ", ...prose(found.description)), ...body(found.content).flat());
      }),
    ].filter(Boolean));
  };
  const inside = h("div", {});
  const view = h("details", { class: "operation", id: operation.operationId },
    h("summary", {}, h("span", { class: `method ${method.toUpperCase()}` }, method.toUpperCase()), h("span", { class: "path" }, path), h("span", { class: "summary" }, operation.summary || "")),
    inside);
  view.dataset.words = `${method} ${path} ${operation.summary || ""}`.toLowerCase();
  view.addEventListener("toggle", () => { if (view.open && !inside.hasChildNodes()) fill(inside); });
  return view;
}

function render() {
  document.title = `${api.info.title} ${api.info.version}`;
  document.getElementById("title").textContent = document.title;
  document.getElementById("description").append(...prose(api.info.description));
  const groups = new Map((api.tags || []).map((tag) => [tag.name, { tag, views: [] }]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const name = (item[method].tags || ["Other"])[0];
      if (!groups.has(name)) groups.set(name, { tag: { name }, views: [] });
      groups.get(name).views.push(operationView(method, path, item, item[method]));
    }
  }
  const sections = [...groups.values()].filter((group) => group.views.length);
  document.getElementById("operations").replaceChildren(...sections.map(({ tag, views }) => h("section", {}, h("h2", {}, tag.name), h("p", {}, ...prose(tag.description)), views)));
  const linked = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked) { linked.open = true; linked.scrollIntoView(); }
}

document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const view of document.querySelectorAll("details.operation")) view.hidden = !words.every((word) => view.dataset.words.includes(word));
  for (const section of document.querySelectorAll("main section")) section.hidden = !section.querySelector("details.operation:not([hidden])");
});
document.getElementById("credentials").addEventListener("submit", (event) => event.preventDefault());

fetch("openapi.json").then((answer) => answer.json()).then((found) => { api = found; render(); }, (error) => {
  document.getElementById("operations").textContent = `openapi.json can't be read: ${error}`;
});
