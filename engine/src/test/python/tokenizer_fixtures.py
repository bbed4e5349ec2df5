"""Makes the tiny tokenizers of src/test/resources/tokenizers and the encodings they are tested by.

Needs tokenizers==0.22.2 and, for the encodings, transformers==4.57.6: python engine/src/test/python/tokenizer_fixtures.py
"""

import json
import os
from pathlib import Path

from tokenizers import Tokenizer, Regex, models, trainers, pre_tokenizers, decoders, processors, normalizers
from transformers import AutoTokenizer
OUT = str(Path(__file__).parent.parent / 'resources' / 'tokenizers')

corpus = """The invoice was sent to the customer on the third of March and is due in thirty days.
Summarise the following document in one sentence. The report says that sales in the north grew by ten percent.
Label the message as positive, negative or neutral: the delivery was late and the box was broken.
Extract the name, the date and the amount from this text. Answer with a short sentence and nothing else.
You are a helpful assistant. Write a summary of the document for the customer service team.
The model reads the prompt and writes the completion. Hello world, how are you today? I am fine, thank you.
The weather is cold in the winter and warm in the summer. A stream of records flows from one topic to another.
""".splitlines()
def dump(name, tok):
    os.makedirs(f'{OUT}/{name}', exist_ok=True)
    with open(f'{OUT}/{name}/tokenizer.json','w',encoding='utf-8') as f:
        f.write(compact(tok)); f.write('\n')
def compact(tok):
    # one entry a line keeps the file readable and its diffs small
    model = tok['model']
    vocab = ',\n'.join('      %s: %d' % (json.dumps(k, ensure_ascii=False), v) for k, v in model['vocab'].items())
    merges = ',\n'.join('      ' + json.dumps(m, ensure_ascii=False) for m in model['merges'])
    tok = dict(tok); tok['model'] = dict(model); tok['model']['vocab']='@V'; tok['model']['merges']='@M'
    added = ',\n'.join('    ' + json.dumps(t, ensure_ascii=False) for t in tok['added_tokens']); tok['added_tokens']='@A'
    s = json.dumps(tok, ensure_ascii=False, indent=2)
    return s.replace('"@V"', '{\n'+vocab+'\n    }').replace('"@M"', '[\n'+merges+'\n    ]').replace('"@A"', '[\n'+added+'\n  ]')

# byte level, as Llama 3
sp = ['<|begin_of_text|>','<|end_of_text|>','<|reserved_special_token_0|>','<|reserved_special_token_1|>','<|finetune_right_pad_id|>','<|reserved_special_token_2|>','<|start_header_id|>','<|end_header_id|>','<|eom_id|>','<|eot_id|>','<|python_tag|>'] + ['<|reserved_special_token_%d|>'%i for i in range(3,8)]
t = Tokenizer(models.BPE(ignore_merges=True))
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
t.decoder = decoders.ByteLevel()
t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=496, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
n = t.get_vocab_size(); assert n == 496, n
from tokenizers import AddedToken
t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in sp])
bos = t.token_to_id('<|begin_of_text|>')
t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single='<|begin_of_text|> $A', pair='<|begin_of_text|> $A <|begin_of_text|>:1 $B:1', special_tokens=[('<|begin_of_text|>', bos)])])
j = json.loads(t.to_str()); dump('byte-level', j)
json.dump({
 "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "clean_up_tokenization_spaces": True, "model_max_length": 2048, "tokenizer_class": "PreTrainedTokenizerFast",
 "chat_template": "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
}, open(f'{OUT}/byte-level/tokenizer_config.json','w'), indent=2)

# sentencepiece, as Llama 2
t = Tokenizer(models.BPE(unk_token='<unk>', fuse_unk=True, byte_fallback=True))
t.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
t.pre_tokenizer = pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='never')
bytes_ = ['<0x%02X>'%i for i in range(256)]
t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=448, special_tokens=['<unk>','<s>','</s>']+bytes_, show_progress=False))
j = json.loads(t.to_str())
j['pre_tokenizer'] = None
j['added_tokens'] = [a for a in j['added_tokens'] if a['id'] < 3]
for a in j['added_tokens']: a['normalized'] = False
j['decoder'] = {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
j['post_processor'] = {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<s>","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
dump('sentencepiece', j)
json.dump({"add_bos_token": True, "add_eos_token": False, "bos_token": {"__type":"AddedToken","content":"<s>","lstrip":False,"normalized":False,"rstrip":False,"single_word":False}, "eos_token": {"__type":"AddedToken","content":"</s>","lstrip":False,"normalized":False,"rstrip":False,"single_word":False}, "unk_token":"<unk>","legacy": False, "model_max_length":2048, "tokenizer_class":"LlamaTokenizer",
"chat_template": "{% for message in messages %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + message['content'].strip() + ' [/INST]' }}{% elif message['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% else %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"}, open(f'{OUT}/sentencepiece/tokenizer_config.json','w'), indent=2)
# the same vocabulary as newer conversions of Llama 2 have it, and with the decoder of the oldest ones
for name, decoder in [('metaspace', j['decoder']), ('metaspace-decoder', {"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":True})]:
    k = dict(j); k['normalizer'] = None; k['decoder'] = decoder
    k['pre_tokenizer'] = {"type":"Metaspace","replacement":"▁","prepend_scheme":"first" if name == 'metaspace' else "always","split": name != 'metaspace'}
    k['model'] = dict(j['model']); k['model']['vocab'] = j['model']['vocab']; k['model']['merges'] = j['model']['merges']
    dump(name, k)
    json.dump({"add_bos_token": name == 'metaspace', "add_eos_token": True, "tokenizer_class": "LlamaTokenizerFast", "legacy": False, "model_max_length": 2048}, open(f'{OUT}/{name}/tokenizer_config.json','w'), indent=2)
    json.dump({"bos_token": {"content": "<s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}, "eos_token": "</s>", "unk_token": "<unk>"}, open(f'{OUT}/{name}/special_tokens_map.json','w'), indent=2)
# tekken, as Mistral Nemo
t = Tokenizer(models.BPE(ignore_merges=True))
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"), 'isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
t.decoder = decoders.ByteLevel()
t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=480, special_tokens=['<unk>','<s>','</s>','[INST]','[/INST]'], initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
t.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s>:1 $B:1', special_tokens=[('<s>', 1)])
dump('tekken', json.loads(t.to_str()))
json.dump({"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 2048, "clean_up_tokenization_spaces": False}, open(f'{OUT}/tekken/tokenizer_config.json','w'), indent=2)
KINDS = ['byte-level', 'sentencepiece', 'metaspace', 'metaspace-decoder', 'tekken']
for n in KINDS:
    open(f'{OUT}/{n}/tokenizer_config.json','a').write('\n')
    k = Tokenizer.from_file(f'{OUT}/{n}/tokenizer.json'); e=k.encode('Hello wörld  你好 👍🏽\n'); print(n, k.get_vocab_size(), e.tokens, repr(k.decode(e.ids)), os.path.getsize(f'{OUT}/{n}/tokenizer.json'))
# reference encodings for the Java tests
texts = ['', ' ', 'a', ' leading and trailing ', 'Hello world, how are you today?', 'naïve café — “quotes” …', '你好,世界。これは試験です', '👍🏽 family 👨‍👩‍👧‍👦 flags 🇨🇭', 'مرحبا بالعالم', 'def f(x):\n\treturn x  +  1\n\n\n    # end   ', 'the document <|eot_id|> and </s> and <s>[INST]', '\u0000 control \u0007', 'ﬁ ligature Å vs Å', '0123456789 1e-7', ' \n\n  \n x', '<0x41> ▁literal▁',
    'public static <T extends Comparable<T>> T max(List<T> xs) {\n    return xs.stream().max(naturalOrder()).orElseThrow(); // x\n}\n', 'SELECT * FROM t WHERE a>=1 AND b<>\'x\';\r\n\r\n--end', 'a' + ' ' * 200 + 'b' + '\n' * 60 + '\t' * 30, '   three before and after   ', 'नमस्ते दुनिया', 'שלום עולם', 'ไทยไม่มีเว้นวรรค', '한국어 문장입니다.', 'النص العربي مع أرقام ١٢٣ و English', '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 \U0001f9d1\u200d\U0001f680', 'CamelCaseWORDSAndHTMLParser v2.0', 'it\'s WE\'LL don\'T', 'https://example.com/a?b=c&d=%20#e', '\u00a0\u2003\u3000wide spaces', 'x' * 300]
out = {}
for n in KINDS:
    k = AutoTokenizer.from_pretrained(f'{OUT}/{n}', clean_up_tokenization_spaces=False)
    out[n] = []
    for x in texts:
        ids = k(x).input_ids
        out[n].append({'text': x, 'ids': ids, 'decoded': k.decode(ids, skip_special_tokens=True)})
with open(f'{OUT}/encodings.json','w') as f:
    f.write('{\n' + ',\n'.join('"%s": [\n%s\n]' % (n, ',\n'.join('  '+json.dumps(e) for e in v)) for n, v in out.items()) + '\n}\n')
