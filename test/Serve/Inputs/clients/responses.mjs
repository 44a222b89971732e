// Responses of a scripted model (script.json) as OpenAI's own client sees them: responses.mjs ADDRESS KEY.
import assert from "node:assert/strict";
import OpenAI from "openai";

const [address, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const ask = (input, more = {}) => ({ model: "m", input, ...more });
const parameters = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
};
const tools = [{ type: "function", name: "get_weather", description: "The weather", parameters, strict: false }];
// The client adds output_text where an answer comes at once.
const textOf = (response) => response.output.flatMap((item) => (item.type === "message" ? item.content : [])).map((part) => part.text).join("");
const kinds = (response) => response.output.map((item) => item.type);

// Plain: text, thoughts, usage.
const plain = await client.responses.create(ask("Say hello."));
assert.equal(plain.output_text, "Hello, Zürich! 👋");
assert.equal(plain.status, "completed");
assert.deepEqual(kinds(plain), ["reasoning", "message"]);
assert.equal(plain.output[0].content[0].text, "They greet.");
assert.equal(plain.usage.total_tokens, plain.usage.input_tokens + plain.usage.output_tokens);
assert.ok(plain.usage.output_tokens_details.reasoning_tokens > 0);
const again = await client.responses.create(ask("Say hello."));
assert.ok(again.usage.input_tokens_details.cached_tokens > plain.usage.input_tokens - 32);

// A stream, put together by the client; its events are numbered and end once.
const stream = client.responses.stream(ask("Say hello."));
let pieces = "", next = 0;
const ends = [];
stream.on("response.output_text.delta", (event) => (pieces += event.delta));
stream.on("event", (event) => {
  assert.equal(event.sequence_number, next++);
  if (/^response\.(completed|incomplete|failed)$/.test(event.type)) ends.push(event.type);
});
const whole = await stream.finalResponse();
assert.equal(pieces, plain.output_text);
assert.equal(textOf(whole), plain.output_text);
assert.deepEqual(ends, ["response.completed"]);
assert.equal(whole.usage.output_tokens, plain.usage.output_tokens);

// A limit.
const short = await client.responses.create(ask("Count to three.", { max_output_tokens: 3 }));
assert.equal(short.status, "incomplete");
assert.deepEqual(short.incomplete_details, { reason: "max_output_tokens" });

// Calls until the model has its answer, at once and in streams: one call, then two at a time.
for (const isStream of [false, true])
  for (const [question, cities, answer] of [
    ["What is the weather in Paris?", ["Paris"], "It is 18 °C in Paris."],
    ["Compare Paris and Oslo.", ["Paris", "Oslo"], "They are the same."],
  ]) {
    const input = [{ role: "user", content: question }];
    const asked = [];
    for (let turn = 0; ; ++turn) {
      assert.ok(turn < 2);
      const body = ask(input, { tools });
      let written = "";
      const calling = isStream ? client.responses.stream(body) : null;
      calling?.on("response.function_call_arguments.delta", (event) => (written += event.delta));
      const response = calling ? await calling.finalResponse() : await client.responses.create(body);
      const calls = response.output.filter((item) => item.type === "function_call");
      if (isStream) assert.equal(written, calls.map((call) => call.arguments).join(""));
      if (!calls.length) {
        assert.equal(textOf(response), answer);
        break;
      }
      input.push(...response.output);
      for (const call of calls) {
        const { city } = JSON.parse(call.arguments);
        asked.push(city);
        input.push({ type: "function_call_output", call_id: call.call_id, output: `${city}: 18 degrees` });
      }
    }
    assert.deepEqual(asked, cities);
  }

// The call that must come.
const tool_choice = { type: "function", name: "get_weather" };
const forced = await client.responses.create(ask("Say hello.", { tools, tool_choice }));
assert.deepEqual(forced.output.map((item) => item.arguments && JSON.parse(item.arguments)), [{ city: "Bern" }]);

// A reader that stops, and errors of the classes that programs catch.
for await (const _ of await client.responses.create(ask("Say hello slowly.", { stream: true }))) break;
await assert.rejects(client.responses.create(ask("Say hello.", { model: "none" })), OpenAI.NotFoundError);
await assert.rejects(client.responses.create(ask("Say hello.", { previous_response_id: "resp_1" })), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.param, "previous_response_id");
  return true;
});

console.log("responses are as OpenAI's client knows them");
