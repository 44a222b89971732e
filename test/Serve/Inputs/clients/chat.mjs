// Chats with a scripted model (script.json) as OpenAI's own client sees them: chat.mjs ADDRESS KEY.
import assert from "node:assert/strict";
import OpenAI from "openai";

const [address, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const chat = client.chat.completions;
const ask = (content, more = {}) => ({ model: "m", messages: [{ role: "user", content }], ...more });
const parameters = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
};
const tool = { type: "function", function: { name: "get_weather", description: "The weather", parameters } };
const tools = [tool];

// Plain: text, thoughts, usage, also of what the cache has.
const plain = await chat.create(ask("Say hello."));
assert.equal(plain.choices[0].message.content, "Hello, Zürich! 👋");
assert.equal(plain.choices[0].message.reasoning_content, "They greet.");
assert.equal(plain.choices[0].finish_reason, "stop");
assert.equal(plain.usage.total_tokens, plain.usage.prompt_tokens + plain.usage.completion_tokens);
const again = await chat.create(ask("Say hello."));
assert.ok(again.usage.prompt_tokens_details.cached_tokens > plain.usage.prompt_tokens - 32);

// A stream, put together by the client.
const stream = chat.stream(ask("Say hello.", { stream_options: { include_usage: true } }));
let pieces = "";
stream.on("content", (delta) => (pieces += delta));
const whole = await stream.finalChatCompletion();
assert.equal(pieces, "Hello, Zürich! 👋");
assert.equal(whole.choices[0].message.content, pieces);
assert.deepEqual({ ...whole.usage, prompt_tokens_details: 0 }, { ...plain.usage, prompt_tokens_details: 0 });

// Ends: a limit, a stop string.
assert.equal((await chat.create(ask("Count to three.", { max_tokens: 3 }))).choices[0].finish_reason, "length");
const stopped = await chat.create(ask("Count to three.", { stop: ["two"] }));
assert.equal(stopped.choices[0].message.content, "one, ");

// A call, at once and in a stream: the same but for its id.
const called = await chat.create(ask("What is the weather in Paris?", { tools }));
const message = called.choices[0].message;
assert.equal(called.choices[0].finish_reason, "tool_calls");
assert.equal(message.content, "I look.");
assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: "Paris", days: 2 });
const calling = chat.stream(ask("What is the weather in Paris?", { tools }));
let written = "";
calling.on("tool_calls.function.arguments.delta", (event) => (written += event.arguments_delta));
const streamed = (await calling.finalChatCompletion()).choices[0];
assert.equal(streamed.finish_reason, "tool_calls");
assert.deepEqual(streamed.message.tool_calls[0].function.arguments, message.tool_calls[0].function.arguments);
assert.equal(written, message.tool_calls[0].function.arguments);

// The client's runner calls functions until the model has its answer: one call, then two at a time.
const runner = (content, isStream) => {
  const asked = [];
  const run = ({ city }) => (asked.push(city), `${city}: 18 degrees`);
  const runnable = [{ type: "function", function: { ...tool.function, function: run, parse: JSON.parse } }];
  return [asked, chat.runTools({ ...ask(content), tools: runnable, stream: isStream })];
};
for (const isStream of [false, true]) {
  const [one, first] = runner("What is the weather in Paris?", isStream);
  assert.equal(await first.finalContent(), "It is 18 °C in Paris.");
  assert.deepEqual(one, ["Paris"]);
  const [two, second] = runner("Compare Paris and Oslo.", isStream);
  assert.equal(await second.finalContent(), "They are the same.");
  assert.deepEqual(two, ["Paris", "Oslo"]);
}

// Only one where only one is wanted, none where there are to be none, and the one that must come.
const single = await chat.create(ask("Compare Paris and Oslo.", { tools, parallel_tool_calls: false }));
assert.equal(single.choices[0].message.tool_calls.length, 1);
const none = await chat.create(ask("Compare Paris and Oslo.", { tools, tool_choice: "none" }));
assert.ok(none.choices[0].message.content.includes("<function=get_weather>"));
const tool_choice = { type: "function", function: { name: "get_weather" } };
const forced = await chat.create(ask("Say hello.", { tools, tool_choice }));
assert.deepEqual(JSON.parse(forced.choices[0].message.tool_calls[0].function.arguments), { city: "Bern" });

// A reader that stops, and errors of the classes that programs catch.
for await (const _ of await chat.create(ask("Say hello slowly.", { stream: true }))) break;
await assert.rejects(chat.create(ask("Say hello.", { model: "none" })), OpenAI.NotFoundError);
await assert.rejects(chat.create(ask("Say hello.", { temperature: -1 })), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.param, "temperature");
  return true;
});
await assert.rejects(chat.create(ask("Nobody knows.")), OpenAI.APIError);
await assert.rejects(client.withOptions({ apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);

console.log("chats are as OpenAI's client knows them");
