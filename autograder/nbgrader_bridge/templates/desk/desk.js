"use strict"
// Marking desk: computes the score while a marker chooses, and saves. The server computes it again, and its score counts.

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]
const { desk, marker } = document.body.dataset
const form = $("#mark")
/** What the page shows, as the server told it. */
const page = $("#marking")?.dataset ?? {}
/** What this browser window remembers from page to page, for each marker. */
const remembered = {
  get: name => JSON.parse(sessionStorage.getItem(`desk ${marker} ${name}`) ?? "null"),
  set: (name, value) => sessionStorage.setItem(`desk ${marker} ${name}`, JSON.stringify(value)),
}

// What was said before is over, whether it was good news or bad.
const say = text => { $("#said").textContent = text; $("#problem").textContent = "" }
const complain = text => { $("#problem").textContent = text; $("#said").textContent = "" }

function amount(points) {
  const size = Math.abs(points), whole = Math.trunc(size)
  const text = size - whole === 0.5 ? `${whole || ""}½` : String(Number(size.toPrecision(4)))
  return (points < 0 ? "−" : "") + text
}

/** The token against forged requests. It is another one after somebody logged in again, in whichever tab. */
const xsrf = () => /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? document.body.dataset.xsrf

const worth = points => `${amount(points)} point${points > 0 && points <= 1 ? "" : "s"}`

const send = (what, content, keepalive = false) => fetch(`${desk}api/${what}`, {
  method: "POST", body: JSON.stringify({ marker, ...content }), keepalive, headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf() },
})

/** Returns what the server answers, or null where it refuses and says why. */
async function post(what, content, conflicts = said => complain(said.message)) {
  $("#problem").textContent = ""
  const answer = await send(what, content).catch(() => Response.json({ message: "The server does not answer. Nothing was saved. Try again." }, { status: 503 }))
  const said = await answer.json().catch(() => ({ message: `Nothing was saved: the server says ${answer.status}. Load the page again.` }))
  if (answer.ok) return said
  answer.status === 409 ? conflicts(said) : complain(said.message)
  unsent ||= answer.status !== 409 && answer.status !== 422
  return null
}

/** Whether the server could not be asked: what is not saved then outlives the page. */
let unsent = false
/** Whether another page is on its way: what is pressed or clicked meanwhile does not count. */
let busy = false
let leaving = false

function go(address, words = "") {
  busy = leaving = true
  remembered.set("said", words)
  location.assign(address)
}

/** Does what can lead to another page, once. */
async function once(work) {
  if (busy) return
  busy = true
  await work()
  busy = leaving
  if (early) tooEarly()
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
  askedFor = ""
  const together = 1 + $$("#also input:checked").length
  $("#save-words").textContent = together > 1 ? `Save for ${together}, and next` : "Save and next"
  for (const row of $$(".row", form)) $(".earned", row).textContent = amount(earned(row))
  if ($("#false")) $("#false").textContent = $$(".mistakes input:checked", form).length
  $("#score").textContent = amount(score())
  if (words) say(`${words}. ${amount(score())} of ${amount(Number(page.max))}, not saved`)
}

// --- Saving ------------------------------------------------------------------------------------------------------

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
  if ($("#compose")?.checked === false && $("#note").value.trim() && $("#note").value !== $("#note").defaultValue) {
    return `The comment of the formgrader stays. Choose “${$("#compose").parentElement.textContent.trim()}” first.`
  }
  return sum > most ? `The question has ${amount(most)} points. Items and adjustment together give ${amount(sum)}.` : ""
}

/** What the marker was asked before a save. The same key once more, with nothing changed meanwhile, is the answer. */
let askedFor = ""

/** Returns what a marker is asked before a save, or "" where there is no doubt. */
function doubt(state) {
  const again = `Press ${state === "look" ? "m" : "Enter"} again to`
  const typed = JSON.parse(page.score)
  if (page.overruled) {
    return score() === typed ? "" : `The formgrader has ${typed === null ? "no score" : worth(typed)}. ${again} save ${amount(score())} instead.`
  }
  if (page.filter === "resolve") return changed() ? "" : `Nothing is changed. ${again} choose ${page.by}’s mark.`
  return page.marked === "true" && page.by !== marker ? `${page.by} marked this: ${page.points}. ${again} replace it.` : ""
}

const changed = (state = "done") => marked() !== atFirst || page.marked === "true" && page.state !== state

async function save(state, seen) {
  if (busy) return
  if (!page.refusal && page.marked === "true" && !page.overruled && page.filter !== "resolve" && !changed(state)) {
    const words = "Nothing is changed."
    return page.next ? go(place(page.next), words) : say(`${words} This is the last answer.`)
  }
  if (hindrance(state)) return complain(hindrance(state))
  const question = seen ? "" : doubt(state)
  if (question && question !== askedFor) return say(askedFor = question)
  await once(async () => {
    const wanted = wish(state, seen)
    const said = await post("mark", wanted, said => conflict(said, theirs => save(state, theirs)))
    if (!said) return
    remembered.set(`given ${page.question}`, wanted.given)
    const next = said.next ? place(said.next) : `${desk}q/${page.question}?filter=${page.filter}`
    const words = said.second
      ? `Second mark saved: ${said.second.given} of ${said.second.of}. It does not count yet.`
      : `${amount(said.score)} of ${amount(Number(page.max))}, saved${said.answers > 1 ? ` for ${said.answers} answers` : ""}.`
    go(next, state === "look" ? `${words} It is on the list “look again”.` : words)
  })
}

/** Shows both marks. ``again`` saves this one over the other, which the marker saw. */
function conflict(said, again) {
  for (const box of $$("#also input")) box.checked = false
  if (said.grade_id !== page.grade) return complain(`${said.message} That was an answer that says the same. Save again for this one alone.`)
  const both = ["mark", "formgrader"].includes(said.conflict), scheme = said.conflict === "rubric"
  for (const item of items()) {
    item.classList.toggle("differs", both && Math.abs((said.given[item.dataset.key] ?? 0) - shareOf(item)) > 1e-9)
  }
  const points = said.score === null ? "no score" : worth(said.score)
  const theirs = said.conflict === "mark" ? `${said.by} saved ${points} while you marked.` : `Somebody used the formgrader while you marked: there are ${points} now.`
  $("#conflict-text").textContent = both
    ? `${theirs} You chose ${amount(score())}. Which counts? Items that differ: ${$$(".differs").length}, framed.`
    : said.message.replace(/[;.] nothing was saved/i, "")
  $("#conflict").hidden = false
  $("#mine").hidden = !both && !scheme
  $("#mine").textContent = scheme ? "Load the new mark scheme, and keep my choices" : "Keep mine"
  $("#mine").onclick = () => {
    if (scheme) return keepDraft(), go(place(page.grade))
    $("#conflict").hidden = true
    again(said)
  }
  $("#theirs").onclick = () => go(place(page.grade))
  say("")
  $("#conflict").focus({ preventScroll: true }) // and no button: Enter must not choose
}

// --- Leaving -----------------------------------------------------------------------------------------------------

/** What would be lost: as it is, as it was when the page came, and as it was before the save that was undone. */
const marked = (compose = Boolean($("#compose")?.checked)) => JSON.stringify(form && { ...wish("done"), compose })
const written = () => JSON.stringify([marked(), ...$$(".reply textarea, #scheme").map(each => each.value)])
const atFirst = marked()
const loaded = written()
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

/** Opens a page to look at in the middle of marking. What is not saved waits for the way back. */
function lookAt(address) {
  if (written() !== loaded) keepDraft()
  go(address)
}

async function undo(event = 0) {
  if (busy || written() !== undone && !sure("u")) return
  await once(async () => {
    const said = await post("undo", { event })
    if (!said) return
    if (!said.event) return say(said.message)
    if (event) return go(location.href, said.message)
    const draft = { ...said, undone: true, replies: { [said.request]: said.reply }, scheme: said.markdown }
    remembered.set(draftOf(said.grade_id || said.question, said.filter), draft)
    remembered.set("next click", Date.now() + 500)
    if (!said.grade_id) return go(`${desk}q/${said.question}/rubric`, said.message)
    const list = said.filter === "unmarked" && remembered.get(`list ${said.question}`) || said.filter
    go(place(said.grade_id, said.question, list), said.message)
  })
}

/** Where what is not saved waits for the page that brings it back: of an answer, or of a question's mark scheme. */
const draftOf = (what, filter) => `draft ${filter === "second" ? "second " : ""}${what}`
const here = draftOf(page.grade ?? $("#rubric")?.dataset.question, page.filter)

function keepDraft() {
  const names = Object.fromEntries(items(document).map(item => [item.dataset.key, item.dataset.name]))
  const replies = Object.fromEntries($$(".reply").map(reply => [reply.dataset.request, $("textarea", reply).value]))
  remembered.set(here, { ...form && wish("done"), names, replies, scheme: $("#scheme")?.value })
}

/** Brings back what was not saved, or not any more. Nothing of it is saved. Choices are kept that still can be made. */
function bringBack() {
  const draft = remembered.get(here)
  remembered.set(here, null)
  if (!draft) return
  for (const reply of $$(".reply")) $("textarea", reply).value = draft.replies?.[reply.dataset.request] ?? ""
  if ($("#scheme")) $("#scheme").value = draft.scheme ?? $("#scheme").value
  let words = "What you wrote is back, and not saved."
  if (form) {
    for (const name of ["adjustment", "reason", "note"]) $(`#${name}`).value = draft[name]
    $("#adjustment").closest("details").open ||= draft.adjustment !== 0
    zero ||= !Object.keys(draft.given).length
    const left = Object.entries(draft.given).filter(([key, share]) => !items().some(item => item.dataset.key === key && stepsOf(item).includes(share)))
    const lost = left.map(([key]) => key)
    like(Object.fromEntries(Object.entries(draft.given).filter(([key]) => !lost.includes(key))), "")
    words = "Your choices are back, and not saved."
    if (lost.length) words += ` The mark scheme does not have these any more: ${lost.map(key => draft.names?.[key] ?? key).join("; ")}.`
  }
  if (draft.undone) undone = written()
  hear(words)
}

/** Adds to what the page says first. */
const hear = words => remembered.set("said", `${remembered.get("said") ?? ""} ${words}`.trim())

// --- Keys that come too early ------------------------------------------------------------------------------------

/** Whoever types on while a save runs means the next answer. From the first such key on, none counts until half a second was quiet. */
let early = remembered.get("early")
let quiet = 0
const EARLY = "Keys that you pressed before this answer was there do not count."

function tooEarly() {
  early = true
  remembered.set("early", true)
  clearTimeout(quiet)
  if (!busy) quiet = setTimeout(() => { early = false; remembered.set("early", false) }, 500)
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
  if (!before) return say("You have not saved an answer of this question since you opened this browser window.")
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
  s: () => { const link = $("#similar a"); link ? lookAt(link.href) : say("No answer is similar to this one.") },
} }

// A key is what it says. Where it says another script's letter, or a sign in place of a digit, its place counts.
function named(event) {
  if (/^[a-z\d=?]$/i.test(event.key)) return event.key.toLowerCase()
  return /^(?:Key|Digit|Numpad)([A-Z\d])$/.exec(event.code)?.[1].toLowerCase() ?? event.key
}

function key(event) {
  const at = event.target
  const types = at.matches("textarea, select, input:not([type=checkbox], [type=radio])")
  if (event.isComposing || $("dialog[open]") || /^(Alt|Control|Meta|Shift)$/.test(event.key)) return
  if (busy || early) {
    if (!event.repeat) tooEarly()
    return event.preventDefault()
  }
  if (event.key === "Escape" && types) return at.blur()
  if (event.key === "Escape" && $("#beside")) return history.back()
  if (event.key === "Delete" && at.matches("#bank .insert")) return remove(at)
  if (event.key === "Enter" && form && (event.ctrlKey || event.metaKey || !types && !at.closest("a, button, summary"))) {
    event.preventDefault()
    return event.repeat ? undefined : save("done")
  }
  if (event.key === "Enter" && form && at.matches("input") && types) return event.preventDefault()
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
  const words = $("textarea", reply).value
  if (!words.trim()) return complain("Write a reply first.")
  if (!accepts && marked(false) !== atFirst) return complain("You changed the mark. Press Accept, or take the changes back.")
  const question = accepts && !seen && !changed() ? "Nothing is changed: press again to accept with the same points." : ""
  if (question && question !== askedFor) return say(askedFor = question)
  await once(async () => {
    const content = { id: Number(reply.dataset.request), reply: words, mark: accepts ? wish("done", seen) : null, compose: Boolean($("#compose")?.checked) }
    if (await post("request", content, said => conflict(said, theirs => answer(reply, accepts, theirs)))) go(`${desk}requests`, "Answered.")
  })
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
  if ($("#also")) $("#also").oninput = () => show()
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
  change.onclick = () => once(async () => {
    const said = await propose(false)
    if (said) go(`${desk}q/${question}`, `${said.message} Press u to undo this.`)
  })
}

if (form) startMarking()
if ($("#rubric")) startRubric($("#rubric"))
bringBack()
if (early) {
  tooEarly()
  hear(EARLY)
}
onbeforeunload = event => { if (!leaving && written() !== loaded) event.preventDefault() }
addEventListener("pagehide", () => { if (unsent && !leaving && written() !== loaded) keepDraft() })
onpageshow = event => { if (event.persisted) location.reload() }
document.oninput = () => { $("#problem").textContent = "" }
document.onkeydown = key
document.onclick = letGo
// The second of two quick clicks on Undo can meet the button of the page that the first one opened.
if ($("#undo")) $("#undo").onclick = () => { if (Date.now() >= remembered.get("next click")) undo() }
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
if ($("#who")) $("#who").onsubmit = event => {
  event.preventDefault()
  once(async () => await post("who", { marker: "", initials: $("#initials").value }) && go(desk))
}
if (remembered.get("said")) say(remembered.get("said"))
remembered.set("said", "")
