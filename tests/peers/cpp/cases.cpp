#include "client.h"

void Client::callFoo() {
  equal("echo", echo("hello"), "hello");
  equal("add", foo_.add(2, 3), 5);
  equal("add", foo_.add(-5, 2), -3);
  equal("add", foo_.add(INT32_MAX, 1), INT32_MIN);
}

void Client::callBar() {
  equal("echo", barEcho("hello"), "bar: hello");
  std::map<std::string, std::vector<int64_t>> index;
  bar_.index(index, {"a", "b", "a"});
  equal("index's words", index.size(), 2u);
  equal("index of a", index["a"] == std::vector<int64_t>({0, 2}), true);
  equal("index of b", index["b"] == std::vector<int64_t>({1}), true);
}

void Client::callSlow() {
  std::string answer;
  foo_.slow(answer, 20);
  equal("slow", answer, "slept 20");
}

void Client::declared() {
  std::string answer;
  try {
    foo_.fail(answer, "because");
  } catch (const foo::ApiError& e) {
    equal("reason", e.reason, "because");
    equal("code", e.code, 7);
    equal("echo after it", echo("still here"), "still here");
    return;
  }
  throw std::runtime_error("answered " + answer + ", want an ApiError");
}

void Client::oneway() {
  int32_t before = foo_.notes();
  foo_.note("a note");
  equal("more notes than before", foo_.notes() > before, true);
}

void Client::unicode() {
  equal("echo", echo("añ€😀"), "añ€😀");
  std::string answer;
  bar_.reverse(answer, "añ€😀");
  equal("reverse", answer, "😀€ña");
}

void Client::blob() {
  std::string all, answer;
  for (int i = 0; i < 256; i++) {
    all.push_back(static_cast<char>(i));
  }
  bar_.blob(answer, all);
  equal("blob comes back", answer == all, true);
}

void Client::empty() {
  equal("echo", echo(""), "");
  std::string answer = "full";
  bar_.blob(answer, "");
  equal("blob", answer, "");
  std::map<std::string, std::vector<int64_t>> index;
  bar_.index(index, {});
  equal("index's words", index.size(), 0u);
}

void Client::defaultService() {
  for (int i = 0; i < 3; i++) {
    std::string sent = "bare " + std::to_string(i), answer;
    bare_.echo(answer, sent);
    equal("bare echo", answer, sent);
    equal("echo of BarApi", barEcho(sent), "bar: " + sent);
  }
}

void Client::blobOf(size_t size) {
  std::string sent, answer;
  while (sent.size() < size) {
    sent += "0123456789abcdef";
  }
  bar_.blob(answer, sent);
  equal("blob comes back", answer == sent, true);
}

void Client::interleaved() {
  for (int i = 0; i < 100; i++) {
    std::string sent = "call " + std::to_string(i);
    equal("echo of FooApi", echo(sent), sent);
    equal("echo of BarApi", barEcho(sent), "bar: " + sent);
  }
}
