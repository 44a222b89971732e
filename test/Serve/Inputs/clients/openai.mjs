// A server as OpenAI's own client sees it: check.mjs ADDRESS KEY, with the package `openai` beside it or above.
import assert from "node:assert/strict";
import OpenAI from "openai";

const [address, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const prompt = "And the Lord said unto";
const messages = [{ role: "user", content: prompt }];

const models = [];
for await (const model of client.models.list()) models.push(model);
assert.equal(models.length, 1);
const model = models[0].id;
const common = { model, temperature: 0, max_tokens: 24 };

async function collect(stream, text) {
  let all = "", reason = null, usage = null, pieces = 0;
  for await (const event of stream) {
    usage = event.usage ?? usage;
    for (const choice of event.choices) {
      all += text(choice) ?? "";
      reason = choice.finish_reason ?? reason;
      ++pieces;
    }
  }
  return { all, reason, usage, pieces };
}

// The same text at once and in pieces, from both endpoints.
const endpoints = [
  [client.chat.completions, { messages }, (choice) => choice.message.content, (choice) => choice.delta.content],
  [client.completions, { prompt }, (choice) => choice.text, (choice) => choice.text],
];
for (const [endpoint, input, whole, piece] of endpoints) {
  const answer = await endpoint.create({ ...common, ...input });
  const text = whole(answer.choices[0]);
  assert.equal(answer.choices[0].finish_reason, "length");
  assert.equal(answer.usage.completion_tokens, 24);
  const stream = await endpoint.create({ ...common, ...input, stream: true, stream_options: { include_usage: true } });
  const streamed = await collect(stream, piece);
  assert.equal(streamed.all, text);
  assert.equal(streamed.reason, "length");
  // The second finds the prompt of the first in the prefix cache.
  delete answer.usage.prompt_tokens_details;
  delete streamed.usage.prompt_tokens_details;
  assert.deepEqual(streamed.usage, answer.usage);
  assert.ok(streamed.pieces > 10, `${streamed.pieces} pieces`);

  const stop = text.slice(7, 12);
  const stopped = await endpoint.create({ ...common, ...input, stop });
  assert.equal(whole(stopped.choices[0]), text.slice(0, text.indexOf(stop)));
  assert.equal(stopped.choices[0].finish_reason, "stop");

  const several = await endpoint.create({ ...common, ...input, n: 3, temperature: 1, seed: 7 });
  const again = await endpoint.create({ ...common, ...input, n: 3, temperature: 1, seed: 7 });
  assert.deepEqual(several.choices.map(whole), again.choices.map(whole));
  assert.equal(new Set(several.choices.map(whole)).size, 3);
}

// Log probabilities in each endpoint's own form.
const chat = await client.chat.completions.create({ ...common, messages, logprobs: true, top_logprobs: 3 });
const tokens = chat.choices[0].logprobs.content;
assert.equal(tokens.length, 24);
assert.ok(tokens.every((token) => token.logprob <= 0 && token.top_logprobs.length === 3));
const echoed = await client.completions.create({ ...common, prompt, max_tokens: 0, echo: true, logprobs: 1 });
assert.equal(echoed.choices[0].text, prompt);
assert.equal(echoed.choices[0].logprobs.token_logprobs[0], null);

// The client's helper that puts a stream together.
const runner = client.chat.completions.stream({ ...common, messages });
const final = await runner.finalChatCompletion();
assert.equal(final.choices[0].message.content, (await client.chat.completions.create({ ...common, messages })).choices[0].message.content);

// A reader that stops, and one whose time is up.
const left = await client.chat.completions.create({ ...common, messages, max_tokens: 3000, stream: true });
for await (const _ of left) break;
await assert.rejects(client.completions.create({ ...common, prompt, max_tokens: 3900 }, { timeout: 50 }),
                     OpenAI.APIConnectionTimeoutError);

// Errors are of the classes that programs catch.
await assert.rejects(client.completions.create({ ...common, prompt, model: "none" }), OpenAI.NotFoundError);
await assert.rejects(client.completions.create({ ...common, prompt, temperature: -1 }), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.param, "temperature");
  return true;
});
await assert.rejects(client.chat.completions.create({ ...common, messages: [] }), OpenAI.BadRequestError);
const stranger = new OpenAI({ baseURL: `${address}/v1`, apiKey: "wrong", maxRetries: 0 });
await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);

console.log("the client got what it knows");
