"use strict"
// Marking desk: computes the score while a marker chooses, and saves. The server computes it again, and its score counts.

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]
const { desk, xsrf } = document.body.dataset
const marking = $("#marking")
const form = $("#mark")
const remembered = {
  get: name => JSON.parse(sessionStorage.getItem(`desk ${name}`) ?? "null"),
  set: (name, value) => sessionStorage.setItem(`desk ${name}`, JSON.stringify(value)),
}

const say = text => { $("#said").textContent = text }
const complain = text => { $("#problem").textContent = text }

function amount(points) {
  const size = Math.abs(points), whole = Math.trunc(size)
  const text = size - whole === 0.5 ? `${whole || ""}½` : String(Number(size.toPrecision(4)))
  return (points < 0 ? "−" : "") + text
}

async function post(what, content) {
  complain("")
  let answer
  try {
    answer = await fetch(`${desk}api/${what}`, {
      method: "POST", body: JSON.stringify(content), headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
    })
  } catch {
    complain("The server does not answer. Nothing was saved. Your choices are still here: try again.")
    return [0, {}]
  }
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok && answer.status !== 409) complain(said.message ?? `Nothing was saved: the server says ${answer.status}. Load the page again.`)
  return [answer.status, said]
}

function go(address, words = "") {
  remembered.set("said", words)
  location.assign(address)
}
const place = at => `${desk}q/${marking.dataset.question}?at=${at}&filter=${marking.dataset.filter}`

// --- What the marker chose ---------------------------------------------------------------------------------------

const inputs = () => $$(".item input", form)
const share = input => !input.checked ? 0 : input.type === "radio" ? Number(input.value) : 1

function given() {
  const chosen = {}
  for (const input of inputs()) if (share(input)) chosen[input.name] = share(input)
  return chosen
}

function choose(item, wanted) {
  for (const input of $$("input", item)) {
    input.checked = input.type === "radio" ? Math.abs(Number(input.value) - wanted) < 1e-9 : wanted > 0
  }
}

const shareOf = item => Math.max(...$$("input", item).map(share))
const stepsOf = item => item.matches(".steps") ? $$("input", item).map(input => Number(input.value)) : [0, 1]

function chosenPoints(within) {
  return $$(".item input", within).reduce((sum, input) => sum + share(input) * Number(input.dataset.points), 0)
}

const number = text => text === "" ? null : Number(text)
const adjustment = () => Number($("#adjustment").value) || 0

function score() {
  const points = Math.min(Math.max(Math.max(0, chosenPoints(form)) + adjustment(), 0), Number(marking.dataset.max))
  return Math.round(points * 1e4) / 1e4
}

function show(words = "") {
  for (const row of $$(".row", form)) $(".earned", row).textContent = amount(chosenPoints(row))
  $("#score").textContent = amount(score())
  if (words) say(`${words}. ${amount(score())} of ${amount(Number(marking.dataset.max))}, not saved`)
}

const content = () => JSON.stringify([given(), $("#note").value, $("#adjustment").value, $("#reason").value])
let saved = ""

// --- Saving ------------------------------------------------------------------------------------------------------

let busy = false

function wish(state, rev, seen) {
  const { grade, rubric, filter, answer } = marking.dataset
  return {
    grade_id: grade, rev, rubric_rev: Number(rubric), answer_sha256: answer, seen, given: given(), adjustment: adjustment(),
    reason: $("#reason").value, note: $("#note").value, also: $$("#also input:checked").map(each => each.value),
    compose: Boolean($("#compose")?.checked), state, filter,
  }
}

const before = () => [Number(marking.dataset.rev), number(marking.dataset.seen)]

async function save(state, [rev, seen] = before()) {
  if (busy) return
  busy = true
  const [status, said] = await post("mark", wish(state, rev, seen))
  busy = status === 200 // until the next page is there: a second save would meet the first one's revision
  if (status === 409) return conflict(said)
  if (status !== 200) return
  const { grade, question, filter, max } = marking.dataset
  remembered.set(`given ${question}`, given())
  remembered.set("event", { event: said.event, grade, question })
  go(said.next ? place(said.next) : `${desk}q/${question}?filter=${filter}`, `${amount(said.score)} of ${amount(Number(max))}, saved.`)
}

function conflict(said) {
  const again = ["mark", "formgrader"].includes(said.conflict)
  const other = again ? $$(".item", form).filter(item => {
    const name = $("input", item).name
    return Math.abs((said.given[name] ?? 0) - shareOf(item)) > 1e-9
  }) : []
  for (const item of $$(".item", form)) item.classList.toggle("differs", other.includes(item))
  $("#conflict-text").textContent = said.message + (again ? ` You chose ${amount(score())}. Items that differ: ${other.length}, framed.` : "")
  $("#conflict").hidden = false
  $("#mine").hidden = !again
  $("#mine").onclick = () => { $("#conflict").hidden = true; save("done", [said.rev, said.score]) }
  $("#theirs").textContent = again ? "Keep theirs" : "Load the page"
  $("#theirs").onclick = () => go(place(marking.dataset.grade))
  $("#theirs").focus()
}

async function undo() {
  const last = remembered.get("event")
  if (!last) return say("There is nothing to undo.")
  const [status] = await post("undo", { event: last.event })
  if (status === 409) return complain("Somebody marked this answer after you. Nothing was undone.")
  if (status !== 200) return
  remembered.set("event", null)
  go(`${desk}q/${last.question}?at=${last.grade}&filter=all`, "Your last save is undone.")
}

let warned = false

function move(at, words) {
  if (!at) return say(words)
  if (content() !== saved && !warned) {
    warned = true
    return say("Your choices are not saved. Press the key again to leave them, or Enter to save.")
  }
  go(place(at))
}

// --- Keys --------------------------------------------------------------------------------------------------------

let row = null
let part = null

function everything(on) {
  for (const item of $$(".row .item", form)) choose(item, on ? 1 : 0)
  if (!on) for (const item of $$(".mistakes .item", form)) choose(item, 0)
  show(on ? "Everything earned" : "Nothing earned")
}

function wholeRow(number) {
  const found = $(`.row[data-row="${number}"]`, form)
  if (!found) return
  row = found
  part = null
  const items = $$(".item", row)
  const on = items.some(item => shareOf(item) < 1)
  for (const item of items) choose(item, on ? 1 : 0)
  show(`Row ${number} ${on ? "earned" : "not earned"}`)
}

function onePart(letter) {
  const found = row && $$(".item", row)["abcdef".indexOf(letter)]
  if (!found) return false
  part = found
  choose(part, shareOf(part) < 1 ? 1 : 0)
  show(`Part ${letter} ${shareOf(part) ? "earned" : "not earned"}`)
  return true
}

function step(by) {
  const item = part ?? (row && $$(".item", row).findLast(each => stepsOf(each).length > 2))
  if (!item) return say("Press the number of a row first.")
  const steps = stepsOf(item)
  const at = by ? steps.indexOf(shareOf(item)) + by : steps.indexOf(0.5)
  if (!(at in steps)) return say("This item cannot be given in that share.")
  choose(item, steps[at])
  show(`${amount(steps[at] * Number($("input", item).dataset.points))} for this item`)
}

function mistake(number) {
  const input = $(`[data-mistake="${number}"]`, form)
  if (!input) return
  input.checked = !input.checked
  show(`False statement ${number} ${input.checked ? "made" : "not made"}`)
}

function likeBefore() {
  const before = remembered.get(`given ${marking.dataset.question}`)
  if (!before) return say("You have not saved an answer of this question yet.")
  for (const item of $$(".item", form)) choose(item, before[$("input", item).name] ?? 0)
  show("Marks of the answer before: look at them, then save")
}

function side() {
  if (!marking.dataset.compare) return say("No answer is similar to this one.")
  go(`${desk}q/${marking.dataset.question}/compare?a=${marking.dataset.grade}&b=${marking.dataset.compare}`)
}

const actions = {
  f: () => everything(true), 0: () => everything(false),
  n: () => move(marking.dataset.next, "This is the last answer."),
  p: () => move(marking.dataset.before, "This is the first answer."),
  u: undo, t: () => $("#note").focus(), m: () => save("look"), s: side, "=": likeBefore,
  g: () => { const box = $("#also input"); box ? box.focus() : say("No answer is the same as this one.") },
  ".": () => step(0), "+": () => step(1), "-": () => step(-1), "?": help,
}

// A letter or a sign is what its key says. In other scripts, and for digits, the key's place counts.
function named(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)
  if (digit) return digit[1]
  if (/^[a-z.=+?-]$/i.test(event.key)) return event.key.toLowerCase()
  return /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() ?? event.key
}

function key(event) {
  const at = event.target
  const types = at.matches("textarea, select, input:not([type=checkbox], [type=radio])")
  if (event.isComposing || $("dialog[open]")) return
  if (event.key === "Escape" && types) return at.blur()
  if (event.key === "Enter" && at.id === "bank") { event.preventDefault(); return insert() }
  if (event.key === "Enter" && form && !event.altKey && (types ? event.ctrlKey || event.metaKey : !at.closest("a, button, summary"))) {
    event.preventDefault()
    return event.repeat ? undefined : save("done")
  }
  if (types || event.ctrlKey || event.altKey || event.metaKey) return
  const name = named(event)
  if (name !== "?" && localStorage.getItem("desk keys") === "off") return
  if (!form) return name === "?" ? help() : name === "u" ? undo() : undefined
  const letter = /^[a-z]$/.test(name)
  if (letter && event.shiftKey) return
  if (/^[1-9]$/.test(name)) event.shiftKey ? mistake(name) : wholeRow(name)
  else if (letter && onePart(name)) { /* done */ }
  else if (Object.hasOwn(actions, name)) actions[name]()
  else return
  event.preventDefault()
}

function help() {
  $("#keys-on").checked = localStorage.getItem("desk keys") !== "off"
  $("#help").showModal()
}

async function keep(text) {
  if (!text.trim()) return say("The comment is empty.")
  const [status] = await post("comment", { question: marking.dataset.question, text })
  if (status === 200) say("Kept: it is in the list of earlier comments from the next answer on.")
}

function insert() {
  const note = $("#note"), chosen = $("#bank").value
  if (chosen) {
    note.value = [note.value.trim(), chosen].filter(Boolean).join("\n\n")
    keep(chosen)
  }
  note.focus()
}

// --- The pages ---------------------------------------------------------------------------------------------------

function startMarking() {
  form.addEventListener("submit", event => { event.preventDefault(); save("done") })
  form.addEventListener("input", () => show())
  form.addEventListener("change", event => { if (event.target.closest(".item")) show("Changed") })
  $("#look").onclick = () => save("look")
  $("#undo").onclick = undo
  $("#keep").onclick = () => keep($("#note").value)
  if ($("#bank")) $("#bank").ondblclick = $("#insert").onclick = insert
  if ($("#take")) $("#take").onclick = () => {
    $("#adjustment").closest("details").open = true
    $("#adjustment").value = Number($("#take").dataset.typed) - Math.max(0, chosenPoints(form))
    $("#reason").value ||= "The score that was typed in the formgrader."
    show("Adjustment")
  }
  saved = content()
  show()
  const claim = async () => {
    if (document.hidden) return
    const [status, said] = await post("claim", { grade_id: marking.dataset.grade })
    if (status === 200 && said.by) say(`${said.by} has this answer before them, too. Press n for the next one.`)
  }
  claim()
  setInterval(claim, 150_000)
}

function startRubric(rubric) {
  const change = $("#change")
  const send = async trial => {
    const { question, rev } = rubric.dataset
    const [status, said] = await post("rubric", { question, rev: Number(rev), markdown: $("#scheme").value, dry_run: trial })
    if (status === 409) complain("Somebody changed the mark scheme before you. Load the page again.")
    return status === 200 ? said : null
  }
  rubric.onsubmit = async event => {
    event.preventDefault()
    const said = await send(true)
    change.disabled = !said
    $("#impact").hidden = !said
    if (!said) return
    $("#impact-text").textContent = said.message
    $("#impact-moves").replaceChildren(...said.moves.map(each => {
      const line = document.createElement("li")
      line.textContent = `Answer ${each.name}: ${amount(each.before)} → ${amount(each.after)}`
      return line
    }))
  }
  $("#scheme").oninput = () => { change.disabled = true }
  change.onclick = async () => {
    const said = await send(false)
    if (said) go(`${desk}q/${rubric.dataset.question}`, said.message)
  }
}

if (form) startMarking()
if ($("#help")) {
  document.addEventListener("keydown", key)
  $("#help-button").onclick = help
  $("#help-close").onclick = () => $("#help").close()
  $("#keys-on").onchange = event => localStorage.setItem("desk keys", event.target.checked ? "on" : "off")
}
if ($("#rubric")) startRubric($("#rubric"))
for (const reply of $$(".reply")) {
  reply.onsubmit = async event => {
    event.preventDefault()
    const mark = event.submitter.value === "accept" ? wish("done", ...before()) : null
    const [status, said] = await post("request", { id: Number(reply.dataset.request), reply: $("textarea", reply).value, mark })
    if (status === 409) conflict(said)
    if (status === 200) go(`${desk}requests`, "Answered.")
  }
}
if ($("#who")) {
  $("#who").onsubmit = async event => {
    event.preventDefault()
    const [status] = await post("who", { initials: $("#initials").value })
    if (status === 200) go(desk)
  }
}
const words = remembered.get("said")
if (words) say(words)
remembered.set("said", "")
