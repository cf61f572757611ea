/// The commands. Each returns the exit status and prints everything that a person needs to know.
#pragma once

#include <span>
#include <string>

#include "cli/command_line.hpp"
#include "cli/context.hpp"

namespace peko::cli {

/// `peko new`: a project made of a template.
int new_project(const CommandLine& line, const Context& context);

/// `peko dev`: the functions of projects on this machine, for the person who writes them.
int dev(const CommandLine& line, const Context& context);

/// `peko serve`: a production node.
int serve(const CommandLine& line, const Context& context);

/// `peko check`: whether Peko can run a component. Status 0 yes, 1 no.
int check(const CommandLine& line, const Context& context);

/// `peko build`: runs a project's build command and checks what it made.
int build(const CommandLine& line, const Context& context);

/// `peko deploy`: from a project to a version that serves. Nothing of it is seen before its last step.
int deploy(const CommandLine& line, const Context& context);

/// `peko versions`: the versions of one function, or what serves of all.
int versions(const CommandLine& line, const Context& context);

/// `peko rollback`: makes an earlier version the only one that serves.
int rollback(const CommandLine& line, const Context& context);

/// `peko gc`: removes what nothing needs.
int collect(const CommandLine& line, const Context& context);

/// `peko delete`: takes a function out of service.
int delete_function(const CommandLine& line, const Context& context);

/// `peko secret set`, `list`, `remove`. No value is ever shown.
int set_secret(const CommandLine& line, const Context& context);
int list_secrets(const CommandLine& line, const Context& context);
int remove_secret(const CommandLine& line, const Context& context);

/// `peko logs`: what functions did on a running node.
int logs(const CommandLine& line, const Context& context);

/// `peko doctor`: whether this machine, and a project on it, are fit for Peko. Status 1 when something is not.
int doctor(const CommandLine& line, const Context& context);

/// `peko completion`: the script that a shell reads. `peko complete-words`: what such a script asks for.
int completion(const CommandLine& line, const Context& context);
int complete_words(const CommandLine& line, const Context& context);

/// `peko man`: the manual page, in mdoc.
int manual(const CommandLine& line, const Context& context);

/// `peko version`: what this program was made of.
int version(const CommandLine& line, const Context& context);

/// `peko compile-worker`: the child process that compiles one component, in a sandbox. A failure is one message on the
/// error stream and leaves `output` empty; a success can come with a warning there.
int compile_worker(const CommandLine& line, const Context& context);

/// `peko symbolise-worker`: the child process that looks code offsets of a component up in its debug information.
/// Prints a line for each place: index of the offset, function, file, line, column, with tabs between.
int symbolise_worker(const CommandLine& line, const Context& context);

/// Reads the arguments after the program's name and runs what they ask for.
int run(std::span<const std::string> arguments, const Context& context);

}  // namespace peko::cli
