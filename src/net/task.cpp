#include "net/task.hpp"

#include <array>
#include <new>

namespace peko::net {
namespace {

// Classes of 64 bytes up to 2 KiB: coroutine frames of request handlers measure 150 to 1,200 bytes. Larger ones are
// rare and go to malloc.
constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = 32;
// Kept per class and thread; what is more goes back to malloc. 8 MiB a thread at the very most.
constexpr std::size_t kKeptBytesMax = std::size_t{256} * 1024;

// Sanitizers see every frame as an allocation of its own, so that a use after its end shows.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kRecycle = false;
#else
constexpr bool kRecycle = true;
#endif
#else
constexpr bool kRecycle = true;
#endif

struct FreeFrame {
  FreeFrame* next;
};

struct FreeList {
  FreeFrame* head = nullptr;
  std::size_t count = 0;
};

// The lists of one thread. After its destructor ran at the thread's end, frames bypass it.
struct FreeLists {
  constexpr FreeLists() = default;
  ~FreeLists() {
    open = false;
    for (FreeList& list : lists) {
      while (list.head) ::operator delete(std::exchange(list.head, list.head->next));
    }
  }

  std::array<FreeList, kClasses> lists{};
  bool open = true;
};

constinit thread_local FreeLists t_free;

constexpr std::size_t class_of(std::size_t size) { return (size - 1) / kClassBytes; }

}  // namespace

void* FrameArena::allocate(std::size_t size) {
  const std::size_t size_class = class_of(size);
  if (!kRecycle || size_class >= kClasses) return ::operator new(size);
  FreeList& list = t_free.lists[size_class];
  if (list.head) {
    --list.count;
    return std::exchange(list.head, list.head->next);
  }
  return ::operator new((size_class + 1) * kClassBytes);
}

void FrameArena::release(void* frame, std::size_t size) noexcept {
  const std::size_t size_class = class_of(size);
  if (kRecycle && size_class < kClasses && t_free.open) {
    FreeList& list = t_free.lists[size_class];
    if ((list.count + 1) * (size_class + 1) * kClassBytes <= kKeptBytesMax) {
      list.head = new (frame) FreeFrame{list.head};
      ++list.count;
      return;
    }
  }
  ::operator delete(frame);
}

}  // namespace peko::net
