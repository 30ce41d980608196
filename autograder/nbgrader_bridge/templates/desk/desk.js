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

// What was said before is over, whether it was good news or bad.
const say = text => { $("#said").textContent = text; $("#problem").textContent = "" }
const complain = text => { $("#problem").textContent = text; $("#said").textContent = "" }

function amount(points) {
  const size = Math.abs(points), whole = Math.trunc(size)
  const text = size - whole === 0.5 ? `${whole || ""}½` : String(Number(size.toPrecision(4)))
  return (points < 0 ? "−" : "") + text
}

const send = (what, content, keepalive = false) => fetch(`${desk}api/${what}`, {
  method: "POST", body: JSON.stringify(content), keepalive, headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf },
})

/** Returns what the server answers, or null where it refuses and says why. */
async function post(what, content, conflicts = said => complain(said.message)) {
  $("#problem").textContent = ""
  const answer = await send(what, content).catch(() => Response.json({ message: "The server does not answer. Nothing was saved. Try again." }, { status: 503 }))
  const said = await answer.json().catch(() => ({ message: `Nothing was saved: the server says ${answer.status}. Load the page again.` }))
  if (answer.ok) return said
  answer.status === 409 ? conflicts(said) : complain(said.message)
  return null
}

let leaving = false

function go(address, words = "") {
  leaving = true
  remembered.set("said", words)
  location.assign(address)
}
const place = (at, question = page.question, filter = page.filter) => `${desk}q/${question}?at=${at}&filter=${filter}`

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

/** Whether the marker said so if nothing is earned: whoever only looks at an answer gives it no mark. */
let zero = page.marked === "true"
const empty = () => !Object.keys(given()).length

function show(words = "") {
  for (const row of $$(".row", form)) $(".earned", row).textContent = amount(earned(row))
  if ($("#false")) $("#false").textContent = $$(".mistakes input:checked", form).length
  $("#score").textContent = amount(score())
  if (words) say(`${words}. ${amount(score())} of ${amount(Number(page.max))}, not saved`)
}

// --- Saving ------------------------------------------------------------------------------------------------------

let busy = false

function wish(state, seen = { rev: Number(page.rev), score: JSON.parse(page.score) }) {
  return {
    grade_id: page.grade, rev: seen.rev, seen: seen.score, rubric_rev: Number(page.rubric), answer_sha256: page.answer,
    given: given(), adjustment: adjustment(), reason: $("#reason").value, note: $("#note").value, state,
    also: Object.fromEntries($$("#also input:checked").map(each => [each.value, Number(each.dataset.rev)])), compose: Boolean($("#compose")?.checked), filter: page.filter,
  }
}

/** Returns why there is nothing that could be saved, or "". */
function hindrance(state) {
  const sum = Math.max(0, earned(form)) + adjustment(), most = Number(page.max)
  if (page.refusal) return page.refusal
  if (!$("#conflict").hidden) return "Choose first which mark counts: keep mine, or keep theirs."
  if (empty() && !adjustment() && !zero) return `Nothing is chosen. Press 0 for no points, then ${state === "look" ? "m" : "Enter"}.`
  return sum > most ? `The question has ${amount(most)} points. Items and adjustment together give ${amount(sum)}.` : ""
}

async function save(state, seen) {
  if (busy) return
  if (hindrance(state)) return complain(hindrance(state))
  busy = true
  const wanted = wish(state, seen)
  const said = await post("mark", wanted, said => conflict(said, theirs => save(state, theirs)))
  busy = said !== null // until the next page is there: a second save would meet the first one's revision
  if (!said) return
  remembered.set(`given ${page.question}`, wanted.given)
  const next = said.next ? place(said.next) : `${desk}q/${page.question}?filter=${page.filter}`
  const words = `${amount(said.score)} of ${amount(Number(page.max))}, saved${said.answers > 1 ? ` for ${said.answers} answers` : ""}.`
  go(next, state === "look" ? `${words} It is on the list “look again”.` : words)
}

/** Shows both marks. ``again`` saves this one over the other, which the marker saw. */
function conflict(said, again) {
  for (const box of $$("#also input")) box.checked = false
  if (said.grade_id !== page.grade) return complain(`${said.message} That was an answer that says the same. Save again for this one alone.`)
  const both = ["mark", "formgrader"].includes(said.conflict)
  for (const item of items()) {
    item.classList.toggle("differs", both && Math.abs((said.given[item.dataset.key] ?? 0) - shareOf(item)) > 1e-9)
  }
  const points = said.score === null ? "no score" : `${amount(said.score)} point${said.score > 0 && said.score <= 1 ? "" : "s"}`
  const theirs = said.conflict === "mark" ? `${said.by} saved ${points} while you marked.` : `Somebody used the formgrader while you marked: there are ${points} now.`
  $("#conflict-text").textContent = both
    ? `${theirs} You chose ${amount(score())}. Which counts? Items that differ: ${$$(".differs").length}, framed.`
    : said.message.replace(/[;.] nothing was saved/i, "")
  $("#conflict").hidden = false
  $("#mine").hidden = !both
  $("#mine").onclick = () => { $("#conflict").hidden = true; again(said) }
  $("#theirs").onclick = () => go(place(page.grade))
  say("")
  $("#conflict").focus({ preventScroll: true }) // and no button: Enter must not choose
}

// --- Leaving -----------------------------------------------------------------------------------------------------

/** What would be lost: as it is, as it was when the page came, and as it was before the save that was undone. */
const written = () => JSON.stringify([form && wish("done"), ...$$(".reply textarea, #scheme").map(each => each.value)])
let loaded = ""
let undone = ""
let warned = ""

/** Whether a key may leave the page: what is not saved must be left twice. */
function sure(key) {
  if (written() === loaded || warned === key) return true
  warned = key
  say("What you chose or wrote is not saved. Press the key again to leave it.")
  return false
}

function leave(address, key) {
  if (sure(key)) go(address)
}

async function undo(event = 0) {
  if (written() !== undone && !sure("u")) return
  const said = await post("undo", { event })
  if (!said) return
  if (!said.event) return say(said.message)
  if (event) return go(location.href, said.message)
  if (!said.grade_id) return go(`${desk}q/${said.question}/rubric`, said.message)
  remembered.set("undone", said)
  const list = said.filter === "unmarked" && remembered.get(`list ${said.question}`) || said.filter
  go(place(said.grade_id, said.question, list), said.message)
}

/** Gives focus back to the page, so that the next key means the answer and not a button once more. */
function letGo(event) {
  const held = document.activeElement
  if ((held.matches("button") || held.matches("summary, a") && event.detail) && !$("dialog[open]")) held.blur()
}

// --- Keys --------------------------------------------------------------------------------------------------------

function everything(on) {
  for (const item of on ? $$(".row .item", form) : items()) choose(item, on ? 1 : 0)
  zero ||= !on
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

let replaces = false

function likeBefore() {
  const before = remembered.get(`given ${page.question}`)
  if (!before) return say("You have not saved an answer of this question yet.")
  if (!empty() && !replaces) {
    replaces = true
    return say("Something is chosen already. Press = again to replace it.")
  }
  zero ||= !Object.keys(before).length
  like(before, "Marks of the answer before: look at them, then save")
}

const actions = { u: () => undo(), ...$("#help") && { "?": () => $("#help").showModal() }, ...form && {
  f: () => everything(true), 0: () => everything(false),
  n: () => page.next ? leave(place(page.next), "n") : say("This is the last answer."),
  p: () => page.before ? leave(place(page.before), "p") : say("This is the first answer."),
  t: () => $("#note").focus(), m: () => save("look"), "=": likeBefore,
  g: () => { const box = $("#also input"); box ? box.focus() : say("No answer is the same as this one.") },
  s: () => { const link = $("#similar a"); link ? leave(link.href, "s") : say("No answer is similar to this one.") },
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
  if (event.key === "Delete" && at.matches("#bank .insert")) return remove(at)
  if (event.key === "Enter" && form && (event.ctrlKey || event.metaKey || !types && !at.closest("a, button, summary"))) {
    event.preventDefault()
    return event.repeat ? undefined : save("done")
  }
  const name = named(event)
  if (types || event.ctrlKey || event.altKey || event.metaKey) return
  if (name !== "?" && localStorage.getItem("desk keys") === "off") return
  if (event.shiftKey && /^[a-z]$/.test(name)) return
  const item = form && items().find(each => each.dataset.letter === name)
  if (form && /^[1-9]$/.test(name)) wholeRow(name)
  else if (item) oneItem(item)
  else if (Object.hasOwn(actions, name)) actions[name]()
  else return
  event.preventDefault()
}

// --- The pages ---------------------------------------------------------------------------------------------------

async function answer(reply, accepts, seen) {
  const content = { id: Number(reply.dataset.request), reply: $("textarea", reply).value, mark: accepts ? wish("done", seen) : null }
  if (await post("request", content, said => conflict(said, theirs => answer(reply, accepts, theirs)))) go(`${desk}requests`, "Answered.")
}

async function keep(text, words = "Kept: it is in the list of earlier comments from the next answer on.") {
  if (!text.trim()) return complain("Write a comment first.")
  if (await post("comment", { question: page.question, text })) say(words)
}

async function remove(button) {
  const line = button.closest("li")
  if (!await post("comment", { question: page.question, text: $(".insert", line).textContent, remove: true })) return
  if (line.contains(document.activeElement)) $("#note").focus()
  line.remove()
  say("Removed from the list of earlier comments. Marks that have it keep it.")
}

/** Brings back what a save had that was undone. Nothing of it is saved. */
function bringBack() {
  const before = remembered.get("undone")
  remembered.set("undone", null)
  if (before?.grade_id !== page.grade || page.marked === "true") return
  for (const name of ["adjustment", "reason", "note"]) $(`#${name}`).value = before[name]
  $("#adjustment").closest("details").open ||= before.adjustment !== 0
  zero = !Object.keys(before.given).length
  like(before.given, "")
  undone = written()
  remembered.set("said", `${remembered.get("said") ?? ""} Your choices are back, and not saved.`)
}

function startMarking() {
  form.onsubmit = event => { event.preventDefault(); save("done") }
  form.oninput = event => show(event.target.closest(".item") ? "Changed" : "")
  $("#look").onclick = () => save("look")
  $("#zero").onclick = () => everything(false)
  $("#keep").onclick = () => keep($("#note").value)
  for (const button of $$("#bank .insert")) button.onclick = () => {
    $("#note").value = [$("#note").value.trim(), button.textContent].filter(Boolean).join("\n\n")
    $("#note").focus()
    keep(button.textContent, "Inserted.")
  }
  for (const button of $$("#bank .remove")) button.onclick = () => remove(button)
  for (const button of $$("#double button")) button.onclick = () => {
    $("#adjustment").value = button.dataset.adjustment
    zero = true // that somebody gave nothing is a mark, too
    like(JSON.parse(button.dataset.given), "Chosen")
  }
  if ($("#take")) $("#take").onclick = () => {
    $("#adjustment").closest("details").open = true
    $("#adjustment").value = Number($("#take").dataset.typed) - Math.max(0, earned(form))
    $("#reason").value ||= "The score that was typed in the formgrader."
    show("Adjustment")
  }
  if (!["second", "resolve"].includes(page.filter)) remembered.set(`list ${page.question}`, page.filter)
  show()
  const claim = async () => {
    if (document.hidden) return
    const said = await send("claim", { grade_id: page.grade }).then(answer => answer.json()).catch(() => ({}))
    if (said.by) $("#said").append(` ${said.by} has this answer open, too. Press n for the next one.`)
  }
  claim()
  setInterval(claim, 150_000)
  addEventListener("pagehide", () => send("claim", { left: page.grade }, true))
}

function startRubric(rubric) {
  const { question, rev } = rubric.dataset
  const change = $("#change")
  const list = (where, lines) => $(where).replaceChildren(...lines.map(words => Object.assign(document.createElement("li"), { textContent: words })))
  const propose = trial => post("rubric", { question, rev: Number(rev), markdown: $("#scheme").value, dry_run: trial, look: $("#look-again").checked })
  rubric.onsubmit = async event => {
    event.preventDefault()
    const said = await propose(true)
    change.disabled = $("#impact").hidden = !said
    if (!said) return
    $("#impact-text").textContent = said.message
    list("#impact-items", said.items)
    list("#impact-moves", said.moves)
    $("#without").hidden = !said.without
    $("#without-text").textContent = said.without === 1 ? "1 answer was" : `${said.without} answers were`
    $("#scheme").focus({ preventScroll: true }) // where the text was being changed
  }
  $("#scheme").oninput = () => { change.disabled = true }
  change.onclick = async () => {
    const said = await propose(false)
    if (!said) return
    go(`${desk}q/${question}`, `${said.message} Press u to undo this.`)
  }
}

if (form) startMarking()
if ($("#rubric")) startRubric($("#rubric"))
loaded = written()
if (form) bringBack()
onbeforeunload = event => { if (!leaving && written() !== loaded) event.preventDefault() }
onpageshow = event => { if (event.persisted) location.reload() }
document.onkeydown = key
document.onclick = letGo
if ($("#undo")) $("#undo").onclick = () => undo()
for (const button of $$("button[data-event]")) button.onclick = () => undo(Number(button.dataset.event))
for (const each of $$("time")) each.textContent = new Date(each.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })
if ($("#help")) {
  $("#help-button").onclick = actions["?"]
  $("#help-close").onclick = () => $("#help").close()
  $("#help").onclose = letGo
  $("#keys-on").checked = localStorage.getItem("desk keys") !== "off"
  $("#keys-on").onchange = event => localStorage.setItem("desk keys", event.target.checked ? "on" : "off")
}
for (const reply of $$(".reply")) reply.onsubmit = event => {
  event.preventDefault()
  answer(reply, event.submitter.value === "accept")
}
if ($("#who")) $("#who").onsubmit = async event => {
  event.preventDefault()
  if (await post("who", { initials: $("#initials").value })) go(desk)
}
if (remembered.get("said")) say(remembered.get("said"))
remembered.set("said", "")
