/// DevChannel: what `peko dev` tells the browsers of its functions: a new version serves, or the last build failed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace peko::edge {

/// Why a function could not be built.
struct BuildProblem {
  std::string message;       ///< the build's output; may have many lines; no terminal codes
  std::string file;          ///< where it says the fault is; empty: it does not say
  unsigned line = 0;         ///< from 1; 0: not known
  unsigned column = 0;       ///< from 1; 0: not known
  std::string excerpt;       ///< the lines of the file around it, that one marked by ">"; empty: none
  std::uint64_t number = 0;  ///< which one it is, from 1; the channel's to give
};

/// What is known of one function.
struct DevState {
  std::uint64_t changes = 0;                    ///< how often it has changed since the process began
  std::shared_ptr<const BuildProblem> problem;  ///< null: its last build went well; immutable, shared by all loops
};

/// By the function's name. Immutable once it is handed out.
using DevStates = std::map<std::string, DevState, std::less<>>;

/// Whether pages are given a script that reloads them.
enum class LiveReload : std::uint8_t { On, Off };

/// One per process, null in production. Any thread: what loops know of it is posted to them, so that a page's stamp is
/// never newer than the version that answers there (work that is posted before changed() is done before it).
class DevChannel {
 public:
  /// Told of each change; see DevPages.
  class Listener {
   public:
    /// On the thread that caused it. Does not call the channel.
    virtual void dev_changed(std::shared_ptr<const DevStates> states) = 0;

   protected:
    ~Listener() = default;
  };

  explicit DevChannel(LiveReload live_reload = LiveReload::On);

  /// The last build failed; stays so until the next changed(). What served before goes on serving.
  void problem(std::string_view function, BuildProblem problem);
  /// A new version serves: pages reload. Call it when every loop has been handed it.
  void changed(std::string_view function);
  /// What serves is the same and looks otherwise, by its static files: pages reload, and a problem stays one.
  void reload(std::string_view function);

  /// Returns what is known so far. `listener` is told until it leaves.
  std::shared_ptr<const DevStates> join(Listener& listener);
  void leave(Listener& listener);

  /// Another one in each process: a page that another process served is out of date.
  [[nodiscard]] std::string_view process() const { return process_; }
  [[nodiscard]] LiveReload live_reload() const { return live_reload_; }

 private:
  void tell(std::shared_ptr<DevStates> states);

  const std::string process_;
  const LiveReload live_reload_;
  std::mutex mutex_;
  // Under the mutex:
  std::uint64_t problems_ = 0;
  std::shared_ptr<const DevStates> states_ = std::make_shared<DevStates>();
  std::vector<Listener*> listeners_;
};

}  // namespace peko::edge
