"""Drives the rehearsal model with the providers' own clients: `tests/kit/official_sdks.sh`.

An argument names another program that prints its URL and serves until its input ends.
"""

import subprocess
import sys
from pathlib import Path

import anthropic
import openai
from google import genai
from google.genai import errors as gemini_errors
from google.genai import types as gemini

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/examples/rehearsal"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
CALL = '/pace 0\n/reason 5\n/say Let me add.\n/call add {"a": 1}\n/call add {"a": 2}'


def anthropic_text(claude):
    with claude.messages.stream(model="claude-x", max_tokens=500, messages=[user("hello")]) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert "hello" in text and final.stop_reason == "end_turn", final
    assert final.usage.input_tokens > 0 and final.usage.output_tokens > 40, final.usage


def anthropic_tools(claude):
    tools = [{"name": "add", "description": "adds", "input_schema": SCHEMA}]
    messages = [user(CALL)]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    common = dict(model="claude-x", max_tokens=2000, tools=tools, thinking=thinking)
    with claude.messages.stream(messages=messages, **common) as stream:
        first = stream.get_final_message()
    kinds = [block.type for block in first.content]
    assert kinds == ["thinking", "text", "tool_use", "tool_use"] and first.stop_reason == "tool_use", first
    assert [block.input for block in first.content[2:]] == [{"a": 1}, {"a": 2}], first
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": f"it is {index}"}
        for index, block in enumerate(first.content[2:])
    ]
    messages += [{"role": "assistant", "content": first.content}, user(results)]
    second = claude.messages.create(messages=messages, **common)
    assert "it is 0" in second.content[0].text and "it is 1" in second.content[0].text, second
    modified = [block.model_dump() for block in first.content]
    modified[0]["thinking"] += "!"
    messages[1] = {"role": "assistant", "content": modified}
    fails(anthropic.BadRequestError, "Invalid `signature`", lambda: claude.messages.create(messages=messages, **common))


def anthropic_cache(claude):
    marked = {"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}
    ask = lambda: claude.messages.create(model="claude-x", max_tokens=9, system=[marked], messages=[user("/say hi")])
    assert ask().usage.cache_creation_input_tokens > 0
    assert ask().usage.cache_read_input_tokens > 0


def anthropic_failures(claude):
    ask = lambda text: claude.messages.create(model="claude-x", max_tokens=99, messages=[user(text)])
    fails(anthropic.RateLimitError, "rate limit", lambda: ask("/fail 429 retry-after=1"))
    fails(anthropic.InternalServerError, "Overloaded", lambda: ask("/fail 529"))
    retrying = claude.with_options(max_retries=2)
    retrying.messages.create(
        model="claude-x", max_tokens=99, messages=[user("/fail 529 retry-after=0.01 times=2\n/say well")]
    )
    with claude.messages.stream(
        model="claude-x", max_tokens=99, messages=[user("/pace 0\n/text 9\n/error-event overloaded after=3")]
    ) as stream:
        fails(anthropic.APIStatusError, "Overloaded", stream.until_done)
    with claude.messages.stream(model="claude-x", max_tokens=99, messages=[user("/text 9\n/cut after=3")]) as stream:
        fails(Exception, "", stream.until_done)
    fails(anthropic.NotFoundError, "model: nobody", lambda: claude.messages.create(model="nobody", max_tokens=9, messages=[user("x")]))
    fails(anthropic.AuthenticationError, "invalid x-api-key", lambda: claude.with_options(api_key="wrong").messages.create(model="claude-x", max_tokens=9, messages=[user("x")]))


def responses_text(gpt):
    with gpt.responses.stream(model="gpt-x", input="hello") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "hello" in final.output_text and final.status == "completed", final
    assert kinds[:2] == ["response.created", "response.in_progress"] and kinds[-1] == "response.completed", kinds


def responses_tools(gpt):
    tools = [{"type": "function", "name": "add", "parameters": SCHEMA, "strict": False}]
    common = dict(
        model="gpt-x", tools=tools, store=False, include=["reasoning.encrypted_content"], reasoning={"summary": "auto"}
    )
    with gpt.responses.stream(input=CALL, **common) as stream:
        numbers = [event.sequence_number for event in stream]
        first = stream.get_final_response()
    assert numbers == list(range(len(numbers))), numbers
    kinds = [item.type for item in first.output]
    assert kinds == ["reasoning", "message", "function_call", "function_call"], kinds
    assert first.usage.output_tokens_details.reasoning_tokens > 0, first.usage
    items = [{"role": "user", "content": CALL}] + [sendable(item) for item in first.output]
    items += [
        {"type": "function_call_output", "call_id": item.call_id, "output": f"it is {index}"}
        for index, item in enumerate(first.output[2:])
    ]
    second = gpt.responses.create(input=items, **common)
    assert "it is 0" in second.output_text and "it is 1" in second.output_text, second
    assert second.usage.input_tokens_details.cached_tokens > 0, second.usage
    items[1]["encrypted_content"] = "A" + items[1]["encrypted_content"][1:-4] + "AAA="
    fails(openai.BadRequestError, "could not be verified", lambda: gpt.responses.create(input=items, **common))
    fails(openai.BadRequestError, "No tool output", lambda: gpt.responses.create(input=items[2:-1], **common))


def responses_endings(gpt):
    ends = lambda text: gpt.responses.create(model="gpt-x", input=f"/pace 0\n/text 9\n/stop {text}")
    assert ends("length").incomplete_details.reason == "max_output_tokens"
    assert ends("filter").incomplete_details.reason == "content_filter"
    assert ends("refusal").output[0].content[0].type == "refusal"
    stream = gpt.responses.create(model="gpt-x", input="/text 9\n/pace 0\n/error-event server after=2", stream=True)
    kinds = [event.type for event in stream]
    assert kinds[-2:] == ["error", "response.failed"], kinds


def completions_text(gpt):
    stream = gpt.chat.completions.create(
        model="gpt-x", messages=[user("hello")], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "hello" in text and chunks[-1].usage.completion_tokens > 40, chunks[-1]
    assert chunks[-2].choices[0].finish_reason == "stop", chunks[-2]


def completions_tools(gpt):
    tools = [{"type": "function", "function": {"name": "add", "parameters": SCHEMA}}]
    messages = [user(CALL)]
    with gpt.chat.completions.stream(model="gpt-x", messages=messages, tools=tools) as stream:
        stream.until_done()
        first = stream.get_final_completion().choices[0]
    calls = first.message.tool_calls
    assert first.finish_reason == "tool_calls" and [c.function.arguments for c in calls] == ['{"a": 1}', '{"a": 2}'], first
    messages.append({"role": "assistant", "content": "", "tool_calls": [sendable(call, "index", "parsed_arguments") for call in calls]})
    ask = lambda: gpt.chat.completions.create(model="gpt-x", messages=messages, tools=tools)
    fails(openai.BadRequestError, "did not have response messages", ask)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": f"it is {i}"} for i, call in enumerate(calls)]
    second = ask()
    assert "it is 0" in second.choices[0].message.content and "it is 1" in second.choices[0].message.content, second


def openai_failures(gpt):
    ask = lambda text, model="gpt-x": gpt.chat.completions.create(model=model, messages=[user(text)])
    fails(openai.RateLimitError, "quota", lambda: ask("/fail quota"))
    fails(openai.InternalServerError, "overloaded", lambda: ask("/fail 503"))
    fails(openai.NotFoundError, "does not exist", lambda: ask("x", "nobody"))
    fails(openai.AuthenticationError, "Incorrect API key", lambda: gpt.with_options(api_key="wrong").models.list() and gpt.with_options(api_key="wrong").responses.create(model="gpt-x", input="x"))
    stream = gpt.chat.completions.create(model="gpt-x", messages=[user("/text 9\n/error-event server")], stream=True)
    fails(openai.APIError, "server had an error", lambda: list(stream))


def gemini_text(google):
    chunks = list(google.models.generate_content_stream(model="gemini-3-x", contents="hello"))
    text = "".join(chunk.text or "" for chunk in chunks)
    assert "hello" in text and chunks[-1].candidates[0].finish_reason == gemini.FinishReason.STOP, chunks[-1]
    assert chunks[-1].usage_metadata.candidates_token_count > 40, chunks[-1]


def gemini_tools(google):
    declaration = gemini.FunctionDeclaration(name="add", description="adds", parameters_json_schema=SCHEMA)
    config = gemini.GenerateContentConfig(
        tools=[gemini.Tool(function_declarations=[declaration])],
        system_instruction="be kind",
        automatic_function_calling=gemini.AutomaticFunctionCallingConfig(disable=True),
        thinking_config=gemini.ThinkingConfig(include_thoughts=True),
    )
    ask = lambda contents: google.models.generate_content(model="gemini-3-x", contents=contents, config=config)
    first = ask(CALL)
    parts = first.candidates[0].content.parts
    assert [bool(part.thought) for part in parts[:2]] == [True, False], parts
    assert [call.args for call in first.function_calls] == [{"a": 1}, {"a": 2}], first
    assert first.usage_metadata.thoughts_token_count > 0, first.usage_metadata
    results = [
        gemini.Part.from_function_response(name=call.name, response={"output": f"it is {index}"})
        for index, call in enumerate(first.function_calls)
    ]
    said = gemini.Content(role="user", parts=[gemini.Part(text=CALL)])
    second = ask([said, first.candidates[0].content, gemini.Content(role="user", parts=results)])
    assert "it is 0" in second.text and "it is 1" in second.text, second
    assert second.usage_metadata.cached_content_token_count > 0, second.usage_metadata
    unanswered = [said, first.candidates[0].content]
    fails(gemini_errors.ClientError, "function call turn", lambda: ask(unanswered))
    for part in first.candidates[0].content.parts:
        part.thought_signature = None
    unsigned = [said, first.candidates[0].content, gemini.Content(role="user", parts=results)]
    fails(gemini_errors.ClientError, "missing a thought_signature", lambda: ask(unsigned))


def gemini_endings(google):
    ends = lambda text: google.models.generate_content(model="gemini-x", contents=f"/pace 0\n/text 9\n/stop {text}")
    assert ends("length").candidates[0].finish_reason == gemini.FinishReason.MAX_TOKENS
    assert ends("filter").candidates[0].finish_reason == gemini.FinishReason.SAFETY
    assert ends("refusal").candidates[0].finish_reason == gemini.FinishReason.PROHIBITED_CONTENT


def gemini_failures(google):
    ask = lambda text, model="gemini-x": google.models.generate_content(model=model, contents=text)
    fails(gemini_errors.ClientError, "try again later", lambda: ask("/fail rate_limit"))
    fails(gemini_errors.ServerError, "overloaded", lambda: ask("/fail overloaded"))
    fails(gemini_errors.ClientError, "is not found", lambda: ask("x", "nobody"))


def user(content):
    return {"role": "user", "content": content}


def sendable(item, *without):
    fields = item.model_dump(exclude_none=True)
    for field in ("parsed_arguments", *without):
        fields.pop(field, None)
        fields.get("function", {}).pop(field, None)
    for part in fields.get("content", []):
        part.pop("parsed", None)
    return fields


def fails(kind, words, act):
    try:
        act()
    except kind as error:
        assert words in str(error), error
        return
    raise AssertionError(f"did not fail with {words!r}")


def main():
    server = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        claude = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0, timeout=10)
        gpt = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0, timeout=10)
        for check in (anthropic_text, anthropic_tools, anthropic_cache, anthropic_failures):
            check(claude)
            print("ok", check.__name__)
        for check in (responses_text, responses_tools, responses_endings, completions_text, completions_tools, openai_failures):
            check(gpt)
            print("ok", check.__name__)
        options = gemini.HttpOptions(base_url=url, timeout=10_000)
        google = genai.Client(api_key="any", vertexai=False, http_options=options)
        for check in (gemini_text, gemini_tools, gemini_endings, gemini_failures):
            check(google)
            print("ok", check.__name__)
    finally:
        server.stdin.close()
        server.wait(timeout=10)


if __name__ == "__main__":
    main()
