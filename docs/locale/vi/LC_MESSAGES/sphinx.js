// What the search of the site says.
Documentation.addTranslations({
  locale: "vi",
  messages: {
    "Search Results": "Kết quả tìm kiếm",
    "Searching": "Đang tìm",
    "Preparing search...": "Đang chuẩn bị tìm kiếm...",
    "Hide Search Matches": "Ẩn các từ tìm thấy",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "Không có trang nào khớp. Hãy kiểm tra lại các từ cần tìm.",
    "Search finished, found one page matching the search query.": ["Tìm thấy ${resultCount} trang."],
  },
  plural_expr: "0",
});
