#include "keyvalue/statement.hpp"

#include <sqlite3.h>

#include <string>

namespace peko::keyvalue {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

int Statement::prepare(sqlite3* connection) {
  if (handle_) return SQLITE_OK;
  sqlite3_stmt* handle = nullptr;
  const int result = sqlite3_prepare_v3(connection, sql_.data(), static_cast<int>(sql_.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  return result;
}

Statement::Run::Run(sqlite3* connection, Statement& statement) {
  keep(statement.prepare(connection));
  handle_ = statement.handle_.get();
}

Statement::Run::~Run() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::Run::keep(int result) {
  if (failure_ == SQLITE_OK) failure_ = result;
}

Statement::Run& Statement::Run::blob(std::string_view bytes) {
  // A null pointer would bind NULL.
  const char* const data = bytes.empty() ? "" : bytes.data();
  keep(sqlite3_bind_blob64(handle_, ++bound_, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement::Run& Statement::Run::text(const std::optional<std::string>& text) {
  ++bound_;
  if (text) keep(sqlite3_bind_text64(handle_, bound_, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement::Run& Statement::Run::integer(std::int64_t value) {
  keep(sqlite3_bind_int64(handle_, ++bound_, value));
  return *this;
}

Statement::Run& Statement::Run::integer_or_null(std::int64_t value) {
  if (value != 0) return integer(value);
  ++bound_;
  return *this;
}

int Statement::Run::step() { return failure_ != SQLITE_OK ? failure_ : sqlite3_step(handle_); }

std::string_view Statement::Run::bytes(int column) const {
  const void* const data = sqlite3_column_blob(handle_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::optional<std::string> Statement::Run::text_or_null(int column) const {
  if (sqlite3_column_type(handle_, column) == SQLITE_NULL) return std::nullopt;
  return std::string(bytes(column));
}

std::int64_t Statement::Run::number(int column) const { return sqlite3_column_int64(handle_, column); }

}  // namespace peko::keyvalue
