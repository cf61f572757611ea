/// Independent work on a few threads, reported in order on the caller's.
#pragma once

#include <cstddef>
#include <functional>

namespace peko::node {

/// Runs work(0) ... work(count - 1) on at most `threads` threads, and calls done(0), done(1), ... here, each as soon as
/// its work and all before it are done. Returns after the last.
void in_parallel(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work,
                 const std::function<void(std::size_t)>& done);

}  // namespace peko::node
