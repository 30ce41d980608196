"use strict"
// Marking desk: computes the score while a marker chooses, and saves. The server computes it again, and its score counts.

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]
const { desk, xsrf } = document.body.dataset
const form = $("#mark")
/** What the page shows, as the server told it. */
const page = $("#marking")?.dataset ?? {}
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

/** Returns what the server answers, or null where it refuses and says why. */
async function post(what, content, conflicts = said => complain(said.message)) {
  complain("")
  const answer = await fetch(`${desk}api/${what}`, {
    method: "POST", body: JSON.stringify(content), headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
  }).catch(() => Response.json({ message: "The server does not answer. Nothing was saved. Try again." }, { status: 503 }))
  const said = await answer.json().catch(() => ({ message: `Nothing was saved: the server says ${answer.status}. Load the page again.` }))
  if (answer.ok) return said
  answer.status === 409 ? conflicts(said) : complain(said.message)
  return null
}

function go(address, words = "") {
  remembered.set("said", words)
  location.assign(address)
}
const place = at => `${desk}q/${page.question}?at=${at}&filter=${page.filter}`

// --- What the marker chose ---------------------------------------------------------------------------------------

const items = (within = form) => $$(".item", within)
const shareOf = item => Math.max(0, ...$$("input:checked", item).map(input => Number(input.value)))
const stepsOf = item => [...new Set([0, ...$$("input", item).map(input => Number(input.value))])]
const pointsOf = item => shareOf(item) * Number(item.dataset.points)
const earned = within => items(within).reduce((sum, item) => sum + pointsOf(item), 0)
const adjustment = () => Number($("#adjustment").value) || 0

function choose(item, share) {
  for (const input of $$("input", item)) input.checked = Number(input.value) === share
}

function given() {
  return Object.fromEntries(items().map(item => [item.dataset.key, shareOf(item)]).filter(([, share]) => share))
}

const score = () => Math.min(Math.max(Math.max(0, earned(form)) + adjustment(), 0), Number(page.max))

function show(words = "") {
  for (const row of $$(".row", form)) $(".earned", row).textContent = amount(earned(row))
  $("#score").textContent = amount(score())
  if (words) say(`${words}. ${amount(score())} of ${amount(Number(page.max))}, not saved`)
}

// --- Saving ------------------------------------------------------------------------------------------------------

let busy = false
let loaded = ""

function wish(state, seen = { rev: Number(page.rev), score: JSON.parse(page.score) }) {
  return {
    grade_id: page.grade, rev: seen.rev, seen: seen.score, rubric_rev: Number(page.rubric), answer_sha256: page.answer,
    given: given(), adjustment: adjustment(), reason: $("#reason").value, note: $("#note").value, state,
    also: Object.fromEntries($$("#also input:checked").map(each => [each.value, Number(each.dataset.rev)])), compose: Boolean($("#compose")?.checked), filter: page.filter,
  }
}

async function save(state, seen) {
  if (busy) return
  busy = true
  const said = await post("mark", wish(state, seen), conflict)
  busy = said !== null // until the next page is there: a second save would meet the first one's revision
  if (!said) return
  remembered.set(`given ${page.question}`, given())
  remembered.set("undo", { event: said.event, back: place(page.grade) })
  const next = said.next ? place(said.next) : `${desk}q/${page.question}?filter=${page.filter}`
  go(next, `${amount(said.score)} of ${amount(Number(page.max))}, saved.`)
}

function conflict(said) {
  for (const box of $$("#also input")) box.checked = false
  if (said.grade_id !== page.grade) return complain(`${said.message} That was an answer that says the same. Save again for this one alone.`)
  const again = ["mark", "formgrader"].includes(said.conflict)
  for (const item of items()) {
    item.classList.toggle("differs", again && Math.abs((said.given[item.dataset.key] ?? 0) - shareOf(item)) > 1e-9)
  }
  $("#conflict-text").textContent = said.message
  if (again) $("#conflict-text").append(` You chose ${amount(score())}. Items that differ: ${$$(".differs").length}, framed.`)
  $("#conflict").hidden = false
  $("#mine").hidden = !again
  $("#mine").onclick = () => { $("#conflict").hidden = true; save("done", said) }
  $("#theirs").onclick = () => go(place(page.grade))
  $("#theirs").focus()
}

async function undo() {
  const last = remembered.get("undo")
  if (!last) return say("There is nothing to undo.")
  const changed = () => complain("Somebody changed this after you. Nothing was undone.")
  if (!await post("undo", { event: last.event }, changed)) return
  remembered.set("undo", null)
  go(last.back, "Undone.")
}

let warned = false

function move(at, words) {
  if (!at) return say(words)
  if (JSON.stringify(wish("done")) !== loaded && !warned) {
    warned = true
    return say("Your choices are not saved. Press the key again to leave them, or Enter to save.")
  }
  go(place(at))
}

// --- Keys --------------------------------------------------------------------------------------------------------

function everything(on) {
  for (const item of on ? $$(".row .item", form) : items()) choose(item, on ? 1 : 0)
  show(on ? "Everything earned" : "Nothing earned")
}

/** From nothing to everything, and from there step by step to nothing. */
function turn(item) {
  const steps = stepsOf(item)
  choose(item, steps.at(steps.indexOf(shareOf(item)) - 1))
}

function wholeRow(number) {
  const row = $$(".row", form)[number - 1]
  if (!row) return
  const parts = items(row)
  const on = parts.some(item => shareOf(item) < 1)
  if (parts.length === 1) turn(parts[0])
  else for (const item of parts) choose(item, on ? 1 : 0)
  show(`Row ${number}: ${amount(earned(row))} of ${row.dataset.points}`)
}

function oneItem(item) {
  turn(item)
  const { letter, points } = item.dataset
  const made = shareOf(item) ? "made" : "not made"
  show(points < 0 ? `False statement ${letter}: ${made}` : `Item ${letter}: ${amount(pointsOf(item))} of ${amount(Number(points))}`)
}

function like(shares, words) {
  for (const item of items()) choose(item, shares[item.dataset.key] ?? 0)
  show(words)
}

function likeBefore() {
  const before = remembered.get(`given ${page.question}`)
  before ? like(before, "Marks of the answer before: look at them, then save") : say("You have not saved an answer of this question yet.")
}

const actions = { u: undo, "?": () => $("#help").showModal(), ...form && {
  f: () => everything(true), 0: () => everything(false),
  n: () => move(page.next, "This is the last answer."),
  p: () => move(page.before, "This is the first answer."),
  t: () => $("#note").focus(), m: () => save("look"), "=": likeBefore,
  g: () => { const box = $("#also input"); box ? box.focus() : say("No answer is the same as this one.") },
  s: () => { const link = $("#similar a"); link ? go(link.href) : say("No answer is similar to this one.") },
} }

// A key is what it says. Where it says another script's letter, or a sign in place of a digit, its place counts.
function named(event) {
  if (/^[a-z\d=?]$/i.test(event.key)) return event.key.toLowerCase()
  return /^(?:Key|Digit|Numpad)([A-Z\d])$/.exec(event.code)?.[1].toLowerCase() ?? event.key
}

function key(event) {
  const at = event.target
  const types = at.matches("textarea, select, input:not([type=checkbox], [type=radio])")
  if (event.isComposing || $("dialog[open]")) return
  if (event.key === "Escape" && types) return at.blur()
  if (event.key === "Enter" && form && (types ? event.ctrlKey || event.metaKey : !at.closest("a, button, summary"))) {
    event.preventDefault()
    return event.repeat ? undefined : save("done")
  }
  if (types || event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem("desk keys") === "off") return
  const name = named(event)
  if (event.shiftKey && /^[a-z]$/.test(name)) return
  const item = form && items().find(each => each.dataset.letter === name)
  if (form && /^[1-9]$/.test(name)) wholeRow(name)
  else if (item) oneItem(item)
  else if (Object.hasOwn(actions, name)) actions[name]()
  else return
  event.preventDefault()
}

// --- The pages ---------------------------------------------------------------------------------------------------

async function keep(text) {
  if (await post("comment", { question: page.question, text })) say("Kept: it is in the list of earlier comments from the next answer on.")
}

function startMarking() {
  form.onsubmit = event => { event.preventDefault(); save("done") }
  form.oninput = event => show(event.target.closest(".item") ? "Changed" : "")
  $("#look").onclick = () => save("look")
  $("#undo").onclick = undo
  $("#keep").onclick = () => keep($("#note").value)
  for (const button of $$("#bank button")) button.onclick = () => {
    $("#note").value = [$("#note").value.trim(), button.textContent].filter(Boolean).join("\n\n")
    $("#note").focus()
    keep(button.textContent)
  }
  for (const button of $$("#double button")) button.onclick = () => {
    $("#adjustment").value = button.dataset.adjustment
    like(JSON.parse(button.dataset.given), "Chosen")
    $("#save").focus()
  }
  if ($("#take")) $("#take").onclick = () => {
    $("#adjustment").closest("details").open = true
    $("#adjustment").value = Number($("#take").dataset.typed) - Math.max(0, earned(form))
    $("#reason").value ||= "The score that was typed in the formgrader."
    show("Adjustment")
    $("#save").focus()
  }
  loaded = JSON.stringify(wish("done"))
  show()
  const claim = async () => {
    if (document.hidden) return
    const said = await post("claim", { grade_id: page.grade })
    if (said?.by) say(`${$("#said").textContent} ${said.by} has this answer open, too. Press n for the next one.`)
  }
  claim()
  setInterval(claim, 150_000)
}

function startRubric(rubric) {
  const { question, rev } = rubric.dataset
  const change = $("#change")
  const send = trial => post("rubric", { question, rev: Number(rev), markdown: $("#scheme").value, dry_run: trial })
  rubric.onsubmit = async event => {
    event.preventDefault()
    const said = await send(true)
    change.disabled = $("#impact").hidden = !said
    if (!said) return
    $("#impact-text").textContent = said.message
    $("#impact-moves").replaceChildren(...said.moves.map(words => Object.assign(document.createElement("li"), { textContent: words })))
  }
  $("#scheme").oninput = () => { change.disabled = true }
  change.onclick = async () => {
    const said = await send(false)
    if (!said) return
    remembered.set("undo", { event: said.event, back: location.href })
    go(`${desk}q/${question}`, `${said.message} Press u to undo this.`)
  }
}

if (form) startMarking()
if ($("#rubric")) startRubric($("#rubric"))
if ($("#help")) {
  document.onkeydown = key
  $("#help-button").onclick = actions["?"]
  $("#help-close").onclick = () => $("#help").close()
  $("#keys-on").checked = localStorage.getItem("desk keys") !== "off"
  $("#keys-on").onchange = event => localStorage.setItem("desk keys", event.target.checked ? "on" : "off")
}
for (const reply of $$(".reply")) reply.onsubmit = async event => {
  event.preventDefault()
  const mark = event.submitter.value === "accept" ? wish("done") : null
  const content = { id: Number(reply.dataset.request), reply: $("textarea", reply).value, mark }
  if (await post("request", content, conflict)) go(`${desk}requests`, "Answered.")
}
if ($("#who")) $("#who").onsubmit = async event => {
  event.preventDefault()
  if (await post("who", { initials: $("#initials").value })) go(desk)
}
if (remembered.get("said")) say(remembered.get("said"))
remembered.set("said", "")
