#include <cerrno>
#include <cstdio>
#include <cstring>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/kernel/rights.hpp>
#include <tachyon/target/doctor.hpp>

#include "colour.hpp"
#include "commands.hpp"
#include "report.hpp"
#include "text.hpp"

// `tachyon doctor`: the findings as a table for people and as JSON for scripts.
//
//   {"schema":"tachyon-doctor/1","process":1234,"blocked":true,
//    "findings":[{"subject":"Yama","verdict":"blocked","why":"...","command":"sudo sysctl ..."}]}
namespace tachyon::tool {
namespace {

// Padded before it is coloured: the escapes have no width.
std::string verdict_column(Verdict verdict, bool colour) {
  std::string text{name_of(verdict)};
  text.resize(9, ' ');
  if (!colour) return text;
  const std::string_view start = verdict == Verdict::ok     ? "\x1b[32m"
                                 : verdict == Verdict::note ? "\x1b[33m"
                                                            : "\x1b[1;31m";
  return concat(start, text, "\x1b[0m");
}

std::string as_table(const std::vector<Finding>& findings, bool colour) {
  std::string text;
  for (const Finding& finding : findings) {
    std::string subject{finding.subject};
    subject.resize(std::max<std::size_t>(subject.size() + 2, 15), ' ');
    text += concat(verdict_column(finding.verdict, colour), subject, finding.why, "\n");
    if (!finding.command.empty())
      text += concat(std::string(24, ' '), "-> ", finding.command, "\n");
  }
  return text;
}

std::string as_json(const std::vector<Finding>& findings, std::int32_t pid, bool blocked) {
  StringSink sink;
  JsonWriter json{sink};
  json.begin_object();
  json.member("schema", "tachyon-doctor/1");
  if (pid != 0) json.member("process", pid);
  json.member("blocked", blocked);
  json.key("findings");
  json.begin_array();
  for (const Finding& finding : findings) {
    json.begin_object();
    json.member("subject", finding.subject);
    json.member("verdict", name_of(finding.verdict));
    json.member("why", finding.why);
    if (!finding.command.empty()) json.member("command", finding.command);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.newline();
  return sink.take();
}

}  // namespace

int doctor_command(const CommandLine& line) {
  std::vector<Finding> findings = examine_machine();
  // Nothing can be said of us where /proc is not ours.
  if (findings.front().subject != "/proc") findings.push_back(kernel::examine_sampling());
  std::int32_t pid = 0;
  if (!line.words.empty()) {
    const std::int64_t number = read_pid(line.words[0]).value_or(0);
    if (number > INT32_MAX || number < INT32_MIN) {
      findings.push_back({"process", Verdict::blocked,
                          concat("there is no process ", std::to_string(number)),
                          "list the ones there are with ps -e"});
    } else {
      pid = static_cast<std::int32_t>(number);
      for (Finding& finding : examine_process(pid)) findings.push_back(std::move(finding));
    }
  }
  const bool blocked = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::blocked;
  });
  const std::string text = line.options.show.json
                               ? as_json(findings, pid, blocked)
                               : as_table(findings, wants_colour(line.options.show.colour, 1));
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    say_error(concat("cannot write the findings: ", std::strerror(errno)));
    return static_cast<int>(Exit::failed);
  }
  return static_cast<int>(blocked ? Exit::failed : Exit::fine);
}

}  // namespace tachyon::tool
