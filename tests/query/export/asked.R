# Runs questions to eesyapi against another service: Rscript asked.R FOLDER-OF-EESYAPI ADDRESS QUESTIONS.json [timed]
# Prints for each, by name: its rows, or what failed; and the bytes of the bodies that it made. If timed, the rows are
# counted, with the seconds that they took, by the clock and of the processor, and the most memory so far, in kB.
arguments <- commandArgs(trailingOnly = TRUE)
if (nzchar(arguments[1])) .libPaths(c(arguments[1], .libPaths()))
replaced <- function(name, make) {
  plain <- getFromNamespace(name, "eesyapi")
  assignInNamespace(name, make(plain), ns = "eesyapi")
}
# its environments have fixed addresses
replaced("api_url", function(plain) function(...) {
  sub("^https://.*?/v[0-9.]+/", paste0(arguments[2], "/v1/"), plain(...), perl = TRUE)
})
sizes <- integer()
replaced("parse_tojson_params", function(plain) function(...) {
  body <- plain(...)
  sizes <<- c(sizes, nchar(body, type = "bytes"))
  body
})
peak <- function() {
  as.numeric(gsub("[^0-9]", "", grep("^VmHWM", readLines("/proc/self/status"), value = TRUE)))
}
ask <- function(source) {
  sizes <<- integer()
  found <- tryCatch({
    scope <- new.env()
    took <- system.time(eval(parse(text = source, encoding = "UTF-8"), scope))
    if (is.na(arguments[4])) {
      list(rows = scope$result)
    } else {
      busy <- took[["user.self"]] + took[["sys.self"]]
      list(rows = nrow(scope$result), seconds = took[["elapsed"]], busy = busy, peak = peak())
    }
  }, error = function(e) list(error = conditionMessage(e)))
  c(found, list(sizes = I(sizes)))
}
questions <- jsonlite::fromJSON(arguments[3], simplifyVector = FALSE)
cat(jsonlite::toJSON(lapply(questions, ask), na = "null", dataframe = "rows", auto_unbox = TRUE))
