"""What texts of and for language models often contain: the preset dictionary of packed texts.

Later matches are cheaper to point at, so the most frequent phrases stand at the end. A dictionary in use never
changes: what was packed with it could not be unpacked any more. A better one gets a number of its own.
"""

_RARE = (
    """
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title></title></head><body><div
class=""><p></p></div>
</body></html><script src=""></script><a href="https://www.example.com/">https://en.wikipedia.org/wiki/ .com/
.org/
SELECT COUNT(*) FROM table WHERE id = 1 AND name LIKE '%' INNER JOIN ON GROUP BY ORDER BY DESC LIMIT 10;
INSERT INTO VALUES CREATE TABLE PRIMARY KEY NOT NULL VARCHAR(255) {"role": "system", "content": "You are a
helpful
assistant."}, {"role": "user", "content": ""}, {"type": "object", "properties": {"name": {"type": "string"},
"description": ""}}, "required": true, "id": null, "value": false, "data": [], "error": {"message": "", "code":
404}}
public static void main(String[] args) { System.out.println(""); } private final int #include <iostream> using
namespace std; int main() { std::cout << "" << std::endl; return 0; } std::vector<int> const string& template
function () { const result = await fetch(url); let i = 0; i < array.length; i++) { console.log(`${}`); } }); });
export default import React, { useState, useEffect } from 'react'; => { return null; } module.exports =
require('')
try: except Exception as e: raise ValueError(f" with open(path, "r") as file: for line in file: import os
import sys
import json import re import numpy as np import pandas as pd import matplotlib.pyplot as plt from typing import
if __name__ == "__main__": main() def __init__(self, name): self.name = name class @property return self. None
True
False elif not in range(len( ): if len( == 0: return [] for i in range(n): result.append( print(f"{ """
    """
    return result
```python
```javascript
```sql
```bash
pip install
```json
{
  "
January February March April May June July August September October November December Monday Tuesday Wednesday
Thursday Friday Saturday Sunday 2020 2021 2022 2023 2024 2025 United States United Kingdom European Union New
York
London Paris Germany France China India Japan Africa America Europe North South East West World War II President
University government president population century history company companies business market customers product
products service services industry economic economy financial investment education students learning research
science scientific technology technologies artificial intelligence machine learning deep learning neural network
natural language processing model models training dataset algorithm algorithms computer software programming
code
function variable database server application development developer user users interface website internet online
security privacy climate change environment environmental energy renewable water temperature plants animals
species
health mental health exercise healthy disease patients treatment medical doctor symptoms body brain heart blood
protein vitamins ingredients tablespoons teaspoon cups sugar butter flour garlic onion chicken recipe minutes
heat
oven cook stir add mix bake family children parents friends community culture cultural traditional religion
music
movie film book books author story character characters novel poem beautiful nature love happiness success
"""
)

_COMMON = """
I'm sorry, but as an AI language model, I don't have access to real-time information. I am unable to I cannot
provide
I apologize for the confusion. Could you please provide more information so that I can help you? Please let me
know
if you have any questions or if there is anything else I can help you with. I hope this helps! Feel free to ask.
Thank you for your message. Dear [Name], Best regards, Sincerely, Sure! Here is Here's an example of how you can
Certainly! Of course! Great question! Yes, No, Let's break this down step by step. To solve this problem, we
need to
First, Second, Third, Then, Next, Finally, In conclusion, In summary, Overall, Additionally, Furthermore,
Moreover,
However, Therefore, For example, For instance, On the other hand, In other words, As a result, According to
Write a short story about Write a function that Write a poem about Generate a list of Create a Describe the
Explain
the difference between Summarize the following Rewrite the following sentence Translate the following sentence
into Classify the following Identify the Find the Given a Convert the Edit the Compare and contrast Suggest
Provide an example of Name three What is the meaning of What are some What are the benefits of What is the
capital of
How do I How does How can I How many Why is Who was When did Which of the following Can you Give me Tell me
Based on the passage above, Answer the question Use the following context to answer the question: Context:
Question:
Answer: Input: Output: Instruction: Note: Example: Step 1: Step 2: Explanation:

### Introduction

## Conclusion

### Key

- **
- **
* **
* **
1. **
2. **
3. **
4. **
5. **

1.
2.
3.
4.
5.
6.
7.
8.
9.
10. **: ** - **:** It is important to note that it is a type of that can be used to which is one of the most
important the most common the best way to a variety of as well as such as in order to due to the fact that
because
of the there are several there are many can help you to improve can help to reduce it can be make sure that you
are
looking for plays a crucial role in has been used in the development of is known for its is located in was born
in
was founded in the first the second the same the other the following different between each other in the world
over time at the same time the end of the rest of the number of the amount of the use of a lot of one of the
some of
the most of the all of the part of the side of the each of the both of these are also known as is often used is
the
process of refers to the ability to allow you to need to want to have to going to be able to should be would be
will
be could be must be may be might be has been have been had been was not is not are not do not does not did not
don't doesn't didn't isn't can't won't it's that's you're they're we're I've there's what's let's would like to
using making creating including providing helping increasing reducing working understanding through without
within
during before after between against about their there these those where which while would could should other
people
many more most some such than then them they this time very well when what with your from have into just like
make
over only also because been being both but by can each even every first for great had has he her high his how if
important in is it its life long may me my new no not now number of off often old on one or our out own same
see she
so take that the to two up us use used using want was way we were will work world years you and the , and , but
. The . It . This . They . In . He . She . You . We . If . A . By to be of a in a with a for a from the by the
on the
with the at the as a as the is a is the that the for the and the to the in the of the
"""

# How often which byte, length and distance comes up when texts are compressed from this one: Zstandard's entropy
# tables, counted by its `finalize_dict` over some ten thousand interactions. They hold numbers, no texts.
_ENTROPY = bytes.fromhex(
    "37a430ec7c1563313e10b0444907300cc3300cc3300cc3c080b6bb112265e4df496e2123edbd9394a95603a3d6c0145d3b0d"
    "e0ef07fd4e63b08ffebfbb7a9037a615c011a361654300000c1c304c321d90c9a5030004e055190fc8a48916a41032861000"
    "0000000000000000000000000000000034cd2886e4c9488f931c53c8989901000000000000010000000400000008000000"
)

DICTIONARY_1 = _ENTROPY + (_RARE + _COMMON).encode()

# The series whose values are packed in this order, without their names; null stands for a value that there is not.
# Names are only ever added, at the end: packed lists that end before them stay what they are.
_ON_BOTH = """
length words letters lines reading_time sentences syllables monosyllables polysyllables long_words max_word_length
unique_words word_length symbol_ratio digit_ratio punctuation_ratio special_ratio uppercase_ratio compression_ratio
syllables_per_word words_per_sentence lexical_diversity lexical_density reading_ease grade_level
automated_readability coleman_liau gunning_fog smog lix
non_ascii_ratio urls unique_urls emails unique_emails phones payment_cards ssns ip_addresses ibans secrets pii
"""
_ON_OUTPUT = "blank truncated truncated_early refusal valid_json placeholder stack_trace overlap"

USUAL = (
    *(f"input.{name}" for name in _ON_BOTH.split()),
    *(f"output.{name}" for name in (_ON_BOTH + _ON_OUTPUT).split()),
)
"""The series that every interaction has whose texts are long enough for all metrics."""

SERIES_1 = (*USUAL, "input.redactions", "output.redactions")
