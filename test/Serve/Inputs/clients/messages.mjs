// Messages with a scripted model (script.json) as Anthropic's own client sees them: messages.mjs ADDRESS KEY.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

const [address, apiKey] = process.argv.slice(2);
const client = new Anthropic({ baseURL: address, apiKey, maxRetries: 0 });
const ask = (content, more = {}) => ({ model: "m", max_tokens: 400, messages: [{ role: "user", content }], ...more });
const input_schema = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
};
const tools = [{ name: "get_weather", description: "The weather", input_schema }];
const thought = (thinking) => ({ type: "thinking", thinking, signature: "" });

// Plain: blocks, and usage that tells what the cache has from what it has not.
const plain = await client.messages.create(ask("Say hello."));
assert.deepEqual(plain.content, [thought("They greet."), { type: "text", text: "Hello, Zürich! 👋" }]);
assert.equal(plain.stop_reason, "end_turn");
const again = await client.messages.create(ask("Say hello."));
const tokens = ({ usage }) => usage.input_tokens + usage.cache_read_input_tokens;
assert.equal(tokens(again), tokens(plain));
assert.ok(again.usage.cache_read_input_tokens > tokens(plain) - 32);
assert.equal((await client.messages.countTokens({ ...ask("Say hello."), max_tokens: undefined })).input_tokens, tokens(plain));

// A stream, put together by the client.
const seen = { text: "", thinking: "" };
const stream = client.messages.stream(ask("Say hello."));
stream.on("text", (delta) => (seen.text += delta)).on("thinking", (delta) => (seen.thinking += delta));
const whole = await stream.finalMessage();
assert.deepEqual(seen, { text: "Hello, Zürich! 👋", thinking: "They greet." });
assert.deepEqual(whole.content, plain.content);
assert.equal(whole.usage.output_tokens, plain.usage.output_tokens);

// Thinking as it is asked for.
const off = await client.messages.create(ask("Count to three.", { thinking: { type: "disabled" } }));
assert.equal(off.content.at(-1).text.replace("</think>\n\n", ""), "one, two, three");
const on = await client.messages.create(ask("Say hello.", { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1024 } }));
assert.deepEqual(on.content, plain.content);

// Ends: a limit, a stop string.
const short = await client.messages.create(ask("Count to three.", { max_tokens: 3 }));
assert.equal(short.stop_reason, "max_tokens");
const stopped = await client.messages.create(ask("Count to three.", { stop_sequences: ["two"] }));
assert.deepEqual([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", "two"]);

// A call, at once and in a stream: the same but for its id.
const called = await client.messages.create(ask("What is the weather in Paris?", { tools }));
assert.equal(called.stop_reason, "tool_use");
const [use] = called.content.filter((block) => block.type === "tool_use");
assert.deepEqual(use.input, { city: "Paris", days: 2 });
const calling = client.messages.stream(ask("What is the weather in Paris?", { tools }));
let written = "";
calling.on("inputJson", (delta) => (written += delta));
const streamed = await calling.finalMessage();
const withoutIds = (message) => message.content.map(({ id, ...block }) => block);
assert.deepEqual(withoutIds(streamed), withoutIds(called));
assert.deepEqual(JSON.parse(written), use.input);

// The client's runner calls functions until the model has its answer: one call, then two at a time.
for (const isStream of [false, true])
  for (const [question, cities, answer] of [
    ["What is the weather in Paris?", ["Paris"], "It is 18 °C in Paris."],
    ["Compare Paris and Oslo.", ["Paris", "Oslo"], "They are the same."],
  ]) {
    const asked = [];
    const run = ({ city }) => (asked.push(city), `${city}: 18 degrees`);
    const runnable = [betaTool({ name: "get_weather", description: "The weather", inputSchema: input_schema, run })];
    const runner = client.beta.messages.toolRunner({ ...ask(question), tools: runnable, stream: isStream });
    assert.equal((await runner.runUntilDone()).content.at(-1).text, answer);
    assert.deepEqual(asked, cities);
  }

// The call that must come.
for (const tool_choice of [{ type: "tool", name: "get_weather" }]) {
  const forced = await client.messages.create(ask("Say hello.", { tools, tool_choice }));
  assert.deepEqual(forced.content.map((block) => block.input), [{ city: "Bern" }]);
}

// A reader that stops, and errors of the classes that programs catch.
const left = client.messages.stream(ask("Say hello slowly."));
left.on("text", () => left.abort());
await assert.rejects(left.finalMessage(), Anthropic.APIUserAbortError);
await assert.rejects(client.messages.create(ask("Say hello.", { model: "none" })), Anthropic.NotFoundError);
await assert.rejects(client.messages.create(ask("Say hello.", { temperature: -1 })), (error) => {
  assert.ok(error instanceof Anthropic.BadRequestError);
  assert.equal(error.error.error.type, "invalid_request_error");
  return true;
});
const stranger = client.withOptions({ apiKey: "wrong" });
await assert.rejects(stranger.messages.create(ask("Say hello.")), Anthropic.AuthenticationError);

console.log("messages are as Anthropic's client knows them");
