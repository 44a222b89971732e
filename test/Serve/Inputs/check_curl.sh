#!/usr/bin/env bash
# A server as curl sees it: check_curl.sh ADDRESS, of a server without keys.
set -euo pipefail
address=$1 work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ask() { curl -sS --max-time 120 "$@"; }
expect() { # WHAT, what it must contain
  grep -qF -- "$2" <<<"$1" || { echo "no '$2' in: $1" >&2; exit 1; }
}
json=(-H 'Content-Type: application/json')

expect "$(ask -i "$address/health")" 'HTTP/1.1 200'
expect "$(ask "$address/v1/models")" '"object":"list"'
expect "$(ask "$address/metrics")" 'vllm:num_requests_running'
expect "$(ask "$address/version")" '"version"'

whole='{"prompt": "And the Lord", "max_tokens": 8, "temperature": 0}'
text=$(ask "$address/v1/completions" "${json[@]}" -d "$whole")
expect "$text" '"finish_reason":"length"'

# A stream arrives in pieces and ends with its mark.
stream=$(ask -N "$address/v1/completions" "${json[@]}" -d "${whole%\}}, \"stream\": true}")
expect "$(tail -n 2 <<<"$stream")" 'data: [DONE]'
[ "$(grep -c '^data: {' <<<"$stream")" -ge 4 ] || { echo "a stream of one piece: $stream" >&2; exit 1; }

# Two requests on one connection; a body that waits to be asked for; one without a length; old HTTP.
expect "$(ask -v "$address/health" "$address/version" 2>&1)" 'Re-using existing'
printf '%s' "$whole" >"$work/body"
expect "$(ask -v --expect100-timeout 20 -H 'Expect: 100-continue' "${json[@]}" --data-binary @"$work/body" "$address/v1/completions" 2>&1)" 'HTTP/1.1 100'
expect "$(ask -H 'Transfer-Encoding: chunked' "${json[@]}" --data-binary @"$work/body" "$address/v1/completions")" '"finish_reason":"length"'
expect "$(ask --http1.0 "${json[@]}" -d "$whole" "$address/v1/completions")" '"finish_reason":"length"'
expect "$(ask --http1.0 "${json[@]}" -d "${whole%\}}, \"stream\": true}" "$address/v1/completions")" 'data: [DONE]'

# Errors have a status and OpenAI's object.
for case in '404 /v1/nothing {}' '405 /v1/models {}' '400 /v1/completions {' '400 /v1/completions {"prompt":""}' '404 /v1/completions {"prompt":"a","model":"x"}'; do
  read -r status path body <<<"$case"
  answer=$(ask -w '\n%{http_code}' "${json[@]}" -d "$body" "$address$path")
  [ "$(tail -n 1 <<<"$answer")" = "$status" ] || { echo "$case: $answer" >&2; exit 1; }
  expect "$answer" '{"error":{'
done
echo 'curl got what it asked for'
